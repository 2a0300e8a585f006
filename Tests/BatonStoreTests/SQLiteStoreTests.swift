import BatonCore
import BatonStore
import Foundation
import GRDB
import Testing

@Suite("SQLite store")
struct SQLiteStoreTests {
  private func open(
    _ directory: TemporaryDirectory, exclusive: Bool = true, maximumBytes: Int? = nil
  ) throws -> SQLiteStore {
    var options = SQLiteOptions(
      directory: directory.path, exclusive: exclusive, clock: TestClock().now)
    options.maximumBytes = maximumBytes
    return try SQLiteStore(options)
  }

  private func opening(_ directory: TemporaryDirectory) -> StoreError? {
    #expect(throws: StoreError.self) { _ = try open(directory) }
  }

  @Test("R1: the writing connection runs with synchronous FULL and WAL")
  func pragmas() async throws {
    let store = try open(TemporaryDirectory())
    let settings = try await store.writerSettings()
    #expect(settings == ("2", "wal"))
    await store.close()
  }

  @Test("what was acknowledged is there after an abrupt end")
  func abruptEnd() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory)
    try await store.commit { try $0.insertRun(Sample.run(1), nodes: []) }
    for number in 1...50 {
      try await store.commit {
        try $0.putToken(
          Sample.puts(1, ["a\(number)": "1", "b": "\(number)"]), limits: TokenLimits(),
          exempt: false)
      }
    }
    // The files as they are at this moment: what a killed process leaves.
    let copy = try TemporaryDirectory()
    for name in ["baton.sqlite", "baton.sqlite-wal"] {
      try FileManager.default.copyItem(
        atPath: directory.path + "/" + name, toPath: copy.path + "/" + name)
    }
    await store.close()
    let reopened = try open(copy)
    let puts = try reopened.read {
      try $0.tokenPuts(of: Sample.id(1), TokenPutQuery(limit: 1000))
    }
    #expect(puts.map(\.seq) == Array(1...100))
    try holds(reopened.token(of: Sample.id(1))?.account.lastSeq == 100)
    let receipt = try await reopened.commit {
      try $0.putToken(Sample.puts(1, ["c": ""]), limits: TokenLimits(), exempt: false)
    }
    #expect(receipt.firstSeq == 101)
    await reopened.close()
  }

  @Test("R6: a newer database is refused with both numbers")
  func newer() async throws {
    let directory = try TemporaryDirectory()
    try await open(directory).close()
    let queue = try DatabaseQueue(path: directory.path + "/baton.sqlite")
    try await queue.write { try $0.execute(sql: "INSERT INTO schema_version VALUES (99, 0)") }
    try queue.close()
    #expect(opening(directory) == .newerSchema(found: 99, known: SQLiteStore.schemaVersion))
  }

  @Test("R6: opening twice migrates once, and keeps what is there")
  func reopen() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory)
    try await store.commit { try $0.insertRun(Sample.run(1), nodes: []) }
    await store.close()
    let again = try open(directory)
    try holds(again.token(of: Sample.id(1)) != nil)
    await again.close()
    let queue = try DatabaseQueue(path: directory.path + "/baton.sqlite")
    let versions = try await queue.read {
      try Int.fetchAll($0, sql: "SELECT version FROM schema_version")
    }
    #expect(versions == Array(1...SQLiteStore.schemaVersion))
  }

  @Test("a file that is no database, or not ours, or cut off, is refused")
  func damaged() async throws {
    let garbage = try TemporaryDirectory()
    try Data(repeating: 65, count: 9000).write(
      to: URL(fileURLWithPath: garbage.path + "/baton.sqlite"))
    #expect(Self.isDamage(opening(garbage)))

    let foreign = try TemporaryDirectory()
    let queue = try DatabaseQueue(path: foreign.path + "/baton.sqlite")
    try await queue.write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
    try queue.close()
    #expect(Self.isDamage(opening(foreign)))

    let cut = try TemporaryDirectory()
    try await open(cut).close()
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: cut.path + "/baton.sqlite"))
    try file.truncate(atOffset: 3 * 4096)
    try file.close()
    #expect(Self.isDamage(opening(cut)))
  }

  private static func isDamage(_ error: StoreError?) -> Bool {
    if case .damaged(let message) = error { return !message.isEmpty }
    return false
  }

  @Test("a second process is kept from a database used alone")
  func locked() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory)
    #expect(throws: StoreError.failed("\(directory.path) is used by another process")) {
      _ = try open(directory, exclusive: false)
    }
    await store.close()
  }

  @Test("R4: a store that was full serves again by itself when there is room")
  func healthComesBack() async throws {
    let directory = try TemporaryDirectory()
    var options = SQLiteOptions(directory: directory.path, clock: TestClock().now)
    options.maximumBytes = 1 << 20
    options.probing = 0.05
    let store = try SQLiteStore(options)
    try await store.commit { writer in
      try writer.insertRun(Sample.run(1, status: .completed), nodes: [])
      try writer.insertRun(Sample.run(2), nodes: [])
    }
    #expect(store.health == .serving)
    let value = String(repeating: "v", count: 50_000)
    await #expect(throws: StoreError.diskFull) {
      for number in 1...100 {
        try await store.commit {
          try $0.putToken(
            Sample.puts(1, ["k\(number)": value]), limits: TokenLimits(), exempt: false)
        }
      }
    }
    // A probe wants more room than what the last put has left, so the state holds until there is.
    #expect(store.health == .diskFull && store.counters.failures > 0)
    try await store.commit { try $0.deleteRun(Sample.id(1)) }
    #expect(store.health == .serving)
    await store.close()
  }

  @Test("R4: a full disk loses nothing, and writing goes on when there is room")
  func full() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory, maximumBytes: 1 << 20)
    let id = ApplicationVersionID(namespace: "ns", application: "big", version: 1)
    try await store.commit { writer in
      try writer.insertApplication(
        ApplicationRecord(
          id: id, created: writer.now, content: Array(repeating: 1, count: 300_000), model: []),
        programs: [])
      try writer.insertRun(Sample.run(1), nodes: [])
    }
    let value = String(repeating: "v", count: 50_000)
    var accepted = 0
    await #expect(throws: StoreError.diskFull) {
      while accepted < 100 {
        try await store.commit { [accepted] in
          try $0.putToken(
            Sample.puts(1, ["k\(accepted)": value]), limits: TokenLimits(), exempt: false)
        }
        accepted += 1
      }
    }
    try holds(store.token(of: Sample.id(1))?.account.puts == accepted)
    try await store.deleteApplication(namespace: "ns", name: "big")
    let receipt = try await store.commit {
      try $0.putToken(Sample.puts(1, ["k": value]), limits: TokenLimits(), exempt: false)
    }
    #expect(Int(receipt.firstSeq) == accepted + 1)
    await store.close()
  }

  @Test("two processes' stores see each other's commits, and wake each other")
  func shared() async throws {
    let directory = try TemporaryDirectory()
    let engine = try open(directory, exclusive: false)
    let tokens = try open(directory, exclusive: false)
    var changes = try tokens.changes.changes(of: Sample.id(1)).makeAsyncIterator()
    try await engine.commit { try $0.insertRun(Sample.run(1), nodes: []) }
    #expect(await changes.next() != nil)
    try holds(tokens.token(of: Sample.id(1)) != nil)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 {
        let store = number % 2 == 0 ? engine : tokens
        group.addTask {
          try await store.commit { writer in
            try writer.putToken(
              Sample.puts(1, ["k": "\(number)"]), limits: TokenLimits(), exempt: false)
            try writer.appendEvents([Sample.event(1, number + 1)])
          }
        }
      }
      try await group.waitForAll()
    }
    try holds(engine.token(of: Sample.id(1))?.account.lastSeq == 100)
    let numbers = try tokens.read { try $0.events(after: 0, limit: 200).map(\.number) }
    #expect(numbers == Array(1...100))
    await engine.close()
    await tokens.close()
  }

  @Test("tokens that do not fit the memory are read again")
  func smallCache() async throws {
    var options = SQLiteOptions(directory: try TemporaryDirectory().path, clock: TestClock().now)
    let directory = try TemporaryDirectory()
    options.directory = directory.path
    options.tokenCacheBytes = 64 << 10
    let store = try SQLiteStore(options)
    for number in 1...100 {
      try await store.commit { writer in
        try writer.insertRun(Sample.run(number), nodes: [])
        try writer.putToken(
          Sample.puts(number, ["k": String(repeating: "v", count: 100 * number)]),
          limits: TokenLimits(), exempt: false)
      }
    }
    #expect(store.tokenCacheUsage.bytes <= 64 << 10)
    for number in 1...100 {
      let bytes = try store.token(of: Sample.id(number))?.account.usedBytes
      #expect(bytes == 100 * number + 1)
    }
    #expect(store.tokenCacheUsage.bytes <= 64 << 10)
    await store.close()
  }
}
