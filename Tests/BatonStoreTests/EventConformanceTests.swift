import BatonCore
import BatonStore
import Testing

extension Sample {
  static func event(
    _ run: Int?, _ number: Int, _ workflow: WorkflowID = flow,
    _ change: EventRecord.Change = .run(from: nil, to: .pending, reason: nil)
  ) -> EventRecord {
    EventRecord(
      event: number, time: Timestamp(milliseconds: Int64(number)), run: run.map(id),
      workflow: workflow, version: 1, change: change)
  }
}

@Suite("Store conformance: events and requests")
struct EventConformanceTests {
  @Test("every kind of event is kept, in commit order", arguments: StoreKind.all)
  func kinds(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let changes: [EventRecord.Change] = [
        .run(from: nil, to: .pending, reason: nil),
        .run(from: .running, to: .failed, reason: "node_failed"),
        .node(name: "A", from: .pending, to: .running, reason: nil),
        .attempt(
          node: "A", attempt: 2, item: nil, from: nil, to: .running, reason: nil, cause: .retry),
        .attempt(
          node: "A", attempt: 2, item: .init(index: 0, attempt: 3), from: .running, to: .killed,
          reason: "stop", cause: .retry),
        .attemptLate(node: "A", attempt: 2, item: nil, outcome: .failed),
        .env(revision: 2, call: .rerun, names: ["K", "L"]),
        .applicationDeployed, .applicationDeleted,
      ]
      let events = changes.enumerated().map { Sample.event(1, $0 + 1, Sample.flow, $1) }
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1), nodes: [])
        try writer.insertRun(Sample.run(2), nodes: [])
        try writer.appendEvents(Array(events[..<3]))
        try writer.appendEvents([Sample.event(2, 1), Sample.event(nil, 0)])
        try writer.appendEvents(Array(events[3...]))
      }
      let log = try store.read { try $0.events(after: 0, limit: 100) }
      #expect(log.map(\.number) == Array(1...11))
      let ofRun = try store.read { try $0.events(of: Sample.id(1), after: 0, limit: 100) }
      #expect(ofRun.map(\.change) == changes)
      #expect(ofRun == log.filter { $0.run == Sample.id(1) })
      try holds(
        store.read { try $0.events(of: Sample.id(1), after: 3, limit: 2) }.map(\.event) == [4, 5])
      try holds(store.read { try $0.events(after: 4, limit: 2) }.map(\.number) == [5, 6])
      try holds(store.read { try $0.lastEventNumber() } == 11)
    }
  }

  @Test("a failed unit leaves no gap in the log", arguments: StoreKind.all)
  func gaps(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { try $0.appendEvents([Sample.event(nil, 0)]) }
      await #expect(throws: Oops.self) {
        try await store.commit { writer in
          try writer.appendEvents([Sample.event(nil, 0), Sample.event(nil, 0)])
          throw Oops()
        }
      }
      try await store.commit { try $0.appendEvents([Sample.event(nil, 0)]) }
      try holds(store.read { try $0.events(after: 0, limit: 9) }.map(\.number) == [1, 2])
    }
  }

  @Test("CT7: a request is remembered with its body", arguments: StoreKind.all)
  func requests(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let key = RequestKey(scope: "ada ns Trigger", id: "r")
      let first = try await store.commit { writer in
        let answer = try writer.answer(of: key, bodyHash: [1])
        try writer.remember(key, bodyHash: [1], answer: [])
        return answer
      }
      #expect(first == nil)
      try await holds(store.commit { try $0.answer(of: key, bodyHash: [1]) } == [])
      let error = await #expect(throws: BatonError.self) {
        try await store.commit { try $0.answer(of: key, bodyHash: [2]) }
      }
      #expect(error?.reason == "request_id_reused")
      let elsewhere = RequestKey(scope: "other", id: "r")
      try await holds(store.commit { try $0.answer(of: elsewhere, bodyHash: [2]) } == nil)
    }
  }
}
