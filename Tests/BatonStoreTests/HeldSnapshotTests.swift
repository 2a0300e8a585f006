import BatonCore
import BatonStore
import GRDB
import Testing

/// Snapshots that are read piece by piece (B5.4), and failures that concern one read alone.
@Suite("SQLite long reads") struct HeldSnapshotTests {
  private func open(
    _ directory: TemporaryDirectory, _ change: (inout SQLiteOptions) -> Void = { _ in }
  ) throws -> SQLiteStore {
    var options = SQLiteOptions(directory: directory.path, clock: TestClock().now)
    change(&options)
    return try SQLiteStore(options)
  }

  @Test("a read in pieces is refused while as many as allowed are under way, and no longer")
  func number() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory) { $0.snapshots = 1 }
    var pieces: [Int] = []
    try await store.readPieces(2) { number, _ in
      number
    } _: { piece in
      pieces.append(piece)
      await #expect {
        try await store.readPieces(1, { _, _ in 0 }, { _ in })
      } throws: { error in
        (error as? BatonError)?.code == .unavailable
      }
    }
    #expect(pieces == [0, 1])
    try await store.readPieces(1, { _, _ in 0 }, { pieces.append($0) })
    #expect(pieces == [0, 1, 0])
    await store.close()
  }

  @Test("a snapshot goes at its time although its reader has not taken all pieces")
  func time() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory) {
      $0.snapshots = 1
      $0.snapshotTime = .milliseconds(5)
    }
    for _ in 1...2 {
      await #expect {
        try await store.readPieces(.max, { number, _ in number }, { _ in })
      } throws: { error in
        (error as? BatonError)?.reason == "deadline_exceeded"
      }
    }
    await store.close()
  }

  @Test("the time of a snapshot ends while a piece is being used")
  func slowReader() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory) {
      $0.snapshots = 1
      $0.snapshotTime = .milliseconds(5)
    }
    let error = await #expect(throws: BatonError.self) {
      func use(_: Int) async throws {
        // The place of the first becomes free while it is still in use.
        while true {
          do { return try await store.readPieces(1, { _, _ in 0 }, { _ in }) } catch {}
        }
      }
      try await store.readPieces(2, { number, _ in number }, use)
    }
    #expect(error?.reason == "deadline_exceeded")
    await store.close()
  }

  @Test("a row that cannot be read fails who reads it, not the store")
  func unreadableRow() async throws {
    let directory = try TemporaryDirectory()
    let first = try open(directory)
    try await first.commit { writer in
      for number in 1...2 { try writer.insertRun(Sample.run(number), nodes: []) }
    }
    await first.close()
    let database = try DatabaseQueue(path: directory.path + "/baton.sqlite")
    try await database.write {
      try $0.execute(sql: "UPDATE runs SET cause = 99 WHERE run = (SELECT min(run) FROM runs)")
    }
    try database.close()

    let store = try open(directory) { $0.failed = { Issue.record("the store stopped: \($0)") } }
    #expect(throws: StoreError.unreadable("99 is no TriggerKind")) {
      try store.read { _ = try $0.run(Sample.id(1)) }
    }
    await #expect(throws: StoreError.self) {
      try await store.commit { _ = try $0.run(Sample.id(1)) }
    }
    #expect(store.health == .serving)
    try await store.commit { try $0.insertRun(Sample.run(3), nodes: []) }
    #expect(try store.read { try $0.run(Sample.id(2)) } != nil)
    await store.close()
  }
}
