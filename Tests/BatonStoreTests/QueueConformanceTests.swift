import BatonCore
import BatonStore
import Synchronization
import Testing

@Suite("Store conformance: commit queue and changes")
struct QueueConformanceTests {
  @Test(
    "a unit that throws changes nothing and does not disturb the others",
    arguments: StoreKind.all)
  func isolation(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { try $0.insertRun(Sample.run(1), nodes: [Sample.node(1, "A", 0)]) }
      let failures = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<100 {
          group.addTask {
            do {
              try await store.commit { writer in
                try writer.putToken(
                  Sample.puts(1, ["k\(number)": "v"]), limits: TokenLimits(), exempt: false)
                try writer.insertRun(Sample.run(100 + number, external: "e\(number)"), nodes: [])
                try writer.appendEvents([Sample.event(100 + number, 1)])
                var node = Sample.node(1, "A", 0)
                node.attempts = number
                try writer.updateNode(node)
                try writer.insertAttempt(Sample.attempt(100 + number, "A"))
                try writer.remember(
                  RequestKey(scope: "s", id: "\(number)"), bodyHash: [], answer: [1])
                if number % 3 == 0 { throw Oops() }
              }
              return false
            } catch {
              return error is Oops
            }
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(failures == 34)
      let account = try store.read { try $0.tokenAccount(of: Sample.id(1)) }
      #expect(account?.lastSeq == 66)
      let seqs = try store.read {
        try $0.tokenPuts(of: Sample.id(1), TokenPutQuery(limit: 200)).map(\.seq)
      }
      #expect(seqs == Array(1...66))
      try holds(store.token(of: Sample.id(1))?.account == account)
      try holds(store.read { try $0.activeRuns() }.count == 67)
      try holds(store.read { try $0.activeRunCount(of: Sample.flow) } == (67, 0))
      try holds(store.read { try $0.events(after: 0, limit: 200) }.map(\.number) == Array(1...66))
      try holds(store.read { try $0.run(externalID: "e3", of: Sample.flow) } == nil)
      try holds(store.token(of: Sample.id(103)) == nil)
      let remembered = try await store.commit {
        try $0.answer(of: RequestKey(scope: "s", id: "3"), bodyHash: [])
      }
      #expect(remembered == nil)
    }
  }

  @Test("units complete in the order in which they were queued", arguments: StoreKind.all)
  func order(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let seen = Mutex<[Int]>([])
      await withCheckedContinuation { continuation in
        for number in 0..<3000 {
          store.submit { _ in
            number
          } completion: { result in
            let count = seen.withLock { seen in
              seen.append((try? result.get()) ?? -1)
              return seen.count
            }
            if count == 3000 { continuation.resume() }
          }
        }
      }
      #expect(seen.withLock { $0 } == Array(0..<3000))
      #expect(store.counters.units == 3000 && store.counters.depth == 0)
    }
  }

  @Test("the time of commits never goes back", arguments: StoreKind.all)
  func clock(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let first = try await store.commit { $0.now }
      let second = try await store.commit { $0.now }
      #expect(first <= second && first.milliseconds > 0)
    }
  }

  @Test("close completes what is queued; what comes later fails", arguments: StoreKind.all)
  func close(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let done = Mutex(0)
      for _ in 0..<500 {
        store.submit { _ in
        } completion: {
          if case .success = $0 { done.withLock { $0 += 1 } }
        }
      }
      await store.close()
      #expect(done.withLock { $0 } == 500)
      await #expect(throws: StoreError.closed) { try await store.commit { _ in } }
    }
  }

  @Test("watchers of a run and of the log are woken, others are not", arguments: StoreKind.all)
  func changes(kind: StoreKind) async throws {
    try await kind.withStore { store in
      #expect(!store.changes.isWatched)
      let run = try store.changes.changes(of: Sample.id(1))
      let other = try store.changes.changes(of: Sample.id(2))
      let log = try store.changes.eventLog()
      #expect(store.changes.isWatched)
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1), nodes: [])
        try writer.appendEvents([Sample.event(1, 1)])
      }
      var iterator = run.makeAsyncIterator()
      #expect(await iterator.next() != nil)
      var logIterator = log.makeAsyncIterator()
      #expect(await logIterator.next() != nil)
      await store.close()
      var otherIterator = other.makeAsyncIterator()
      #expect(await otherIterator.next() == nil)
    }
  }

  @Test("a queue that is full refuses")
  func overload() async throws {
    let feed = ChangeFeed(capacity: 1)
    let first = try feed.changes(of: Sample.id(1))
    #expect(throws: StoreError.overloaded) { try feed.eventLog() }
    _ = first
  }

  @Test("a store driven by hand does nothing by itself")
  func manual() async throws {
    let store = MemoryStore(drive: .manual, clock: TestClock().now)
    let done = Mutex(0)
    store.submit {
      try $0.insertRun(Sample.run(1), nodes: [])
    } completion: { _ in
      done.withLock { $0 += 1 }
      store.submit { _ in
      } completion: { _ in
        done.withLock { $0 += 1 }
      }
    }
    #expect(done.withLock { $0 } == 0)
    try holds(store.read { try $0.run(Sample.id(1)) } == nil)
    #expect(store.step())
    #expect(done.withLock { $0 } == 1)
    #expect(store.step())
    #expect(!store.step())
    #expect(done.withLock { $0 } == 2)
    await store.close()
  }

  @Test("R4: after a failure of the device the store stops for good and says so once")
  func failure() async throws {
    let failures = Mutex<[StoreError]>([])
    let store = MemoryStore(
      clock: TestClock().now, failed: { error in failures.withLock { $0.append(error) } })
    store.failNextBatch(.diskFull)
    await #expect(throws: StoreError.diskFull) { try await store.commit { _ in } }
    try await store.commit { try $0.insertRun(Sample.run(1), nodes: []) }
    store.failNextBatch(.failed("sync"))
    await #expect(throws: StoreError.failed("sync")) { try await store.commit { _ in } }
    await #expect(throws: StoreError.failed("sync")) { try await store.commit { _ in } }
    try holds(store.read { try $0.run(Sample.id(1)) } != nil)
    await store.close()
    #expect(failures.withLock { $0 } == [.failed("sync")])
  }
}
