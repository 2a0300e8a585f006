import BatonCore
import BatonStore
import Foundation
import Synchronization
import Testing

@Suite("SQLite faults")
struct SQLiteFaultTests {
  private static let page = 4096

  private func open(
    _ directory: TemporaryDirectory, failed: @escaping @Sendable (StoreError) -> Void = { _ in }
  ) throws -> SQLiteStore {
    var options = SQLiteOptions(directory: directory.path, clock: TestClock().now)
    options.failed = failed
    return try SQLiteStore(options)
  }

  /// The newest image of page 1 in a log (SQLite file format, 4.1 and 4.2).
  private static func newestHeader(_ log: Data) -> Data? {
    var newest: Data?
    var place = 32
    while place + 24 + page <= log.count {
      if Array(log[place..<(place + 4)]) == [0, 0, 0, 1] {
        newest = log.subdata(in: (place + 24)..<(place + 24 + page))
      }
      place += 24 + page
    }
    return newest
  }

  @Test("R1: a database whose checkpoint was interrupted after its first page is recovered")
  func interruptedCheckpoint() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory)
    try await store.commit { writer in
      try writer.insertRun(Sample.run(1), nodes: [])
      try writer.putToken(
        Sample.puts(1, ["k": String(repeating: "v", count: 100_000)]), limits: TokenLimits(),
        exempt: false)
    }
    let files = ["/baton.sqlite", "/baton.sqlite-wal"]
    var (database, log) = (Data(), Data())
    database = try Data(contentsOf: URL(fileURLWithPath: directory.path + files[0]))
    log = try Data(contentsOf: URL(fileURLWithPath: directory.path + files[1]))
    await store.close()

    let header = try #require(Self.newestHeader(log))
    database.replaceSubrange(0..<min(Self.page, database.count), with: header)
    // The state that a cut-off file has as well: the header tells of more pages than there are.
    let pages = header[28..<32].reduce(0) { $0 << 8 | Int($1) }
    #expect(pages * Self.page > database.count)
    let copy = try TemporaryDirectory()
    try database.write(to: URL(fileURLWithPath: copy.path + files[0]))
    try log.write(to: URL(fileURLWithPath: copy.path + files[1]))
    let recovered = try open(copy)
    try holds(recovered.token(of: Sample.id(1))?.account.lastSeq == 1)
    await recovered.close()
  }

  @Test("R4: damage that a reader finds is told once, to whom the writer's failures are told")
  func damageFoundByReader() async throws {
    let directory = try TemporaryDirectory()
    let first = try open(directory)
    try await first.commit { writer in
      try writer.insertRun(Sample.run(1), nodes: [])
      for number in 1...20 {
        try writer.putToken(
          Sample.puts(1, ["k\(number)": String(repeating: "v", count: 20_000)]),
          limits: TokenLimits(), exempt: false)
      }
    }
    await first.close()

    let told = Mutex<[StoreError]>([])
    let store = try open(directory) { error in told.withLock { $0.append(error) } }
    let file = URL(fileURLWithPath: directory.path + "/baton.sqlite")
    let size = try Data(contentsOf: file).count
    let handle = try FileHandle(forWritingTo: file)
    try handle.seek(toOffset: UInt64(Self.page))
    try handle.write(contentsOf: Data(repeating: 0xFF, count: size - Self.page))
    try handle.close()
    for _ in 1...2 {
      await #expect(throws: StoreError.self) {
        _ = try await store.tokenAsync(of: Sample.id(1), history: true)
      }
      #expect(throws: StoreError.self) { _ = try store.token(of: Sample.id(1), history: true) }
    }
    let errors = told.withLock { $0 }
    #expect(errors.count == 1)
    if case .failed(let message) = errors.first {
      #expect(message.hasPrefix("damaged database"))
    } else {
      Issue.record("told: \(errors)")
    }
    await store.close()
  }

  @Test("a database that lost its log is opened with a warning, one closed in order without")
  func lostLog() async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory)
    try await store.commit { try $0.insertRun(Sample.run(1), nodes: []) }
    let copy = try TemporaryDirectory()
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.path)
    where name != "baton.sqlite-wal" && name != "baton.sqlite-shm" {
      try FileManager.default.copyItem(
        atPath: directory.path + "/" + name, toPath: copy.path + "/" + name)
    }
    await store.close()
    for (place, expected) in [(directory, 0), (copy, 1), (copy, 0)] {
      let warnings = Mutex<[String]>([])
      var options = SQLiteOptions(directory: place.path, clock: TestClock().now)
      options.warned = { text in warnings.withLock { $0.append(text) } }
      let opened = try SQLiteStore(options)
      #expect(warnings.withLock(\.count) == expected)
      await opened.close()
    }
  }

  /// What is done to the files of a closed store.
  enum Damage: String, CaseIterable {
    case header, noDatabase, cutOff, cutToNothing, middle, logOnly
  }

  @Test("a damaged file is refused by name, before anything is served", arguments: Damage.allCases)
  func damage(_ damage: Damage) async throws {
    let directory = try TemporaryDirectory()
    let first = try open(directory)
    try await first.commit { writer in
      try writer.insertRun(Sample.run(1), nodes: [])
      for number in 1...20 {
        try writer.putToken(
          Sample.puts(1, ["k\(number)": String(repeating: "v", count: 20_000)]),
          limits: TokenLimits(), exempt: false)
      }
    }
    await first.close()
    let path = directory.path + "/baton.sqlite"
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let size = try file.seekToEnd()
    switch damage {
    case .header:
      try file.seek(toOffset: 0)
      try file.write(contentsOf: Data(repeating: 0xFF, count: 100))
    case .noDatabase:
      try file.truncate(atOffset: 0)
      try file.write(contentsOf: Data("these are my notes\n".utf8))
    case .cutOff: try file.truncate(atOffset: size - UInt64(Self.page))
    case .cutToNothing: try file.truncate(atOffset: 50)
    case .middle:
      try file.seek(toOffset: size / 2)
      try file.write(contentsOf: Data(repeating: 0xFF, count: 3 * Self.page))
    case .logOnly:
      // A log that belongs to no database: SQLite passes over it, and the database is whole.
      try Data(repeating: 0x5A, count: 9000).write(to: URL(fileURLWithPath: path + "-wal"))
    }
    try file.close()
    if damage == .logOnly {
      let store = try open(directory)
      try holds(store.token(of: Sample.id(1))?.account.puts == 20)
      await store.close()
      return
    }
    let error = #expect(throws: StoreError.self) { _ = try open(directory) }
    if case .damaged(let message) = error {
      #expect(message.contains(path))
    } else {
      Issue.record("\(damage): \(String(describing: error))")
    }
    // A second attempt finds the same: the first has changed nothing.
    let again = #expect(throws: StoreError.self) { _ = try open(directory) }
    #expect(again == error)
  }

  @Test("a store that was closed answers reads with that, and tells nobody of a failure")
  func closed() async throws {
    let told = Mutex(0)
    let store = try open(TemporaryDirectory()) { _ in told.withLock { $0 += 1 } }
    await store.close()
    #expect(throws: StoreError.closed) { _ = try store.read { try $0.run(Sample.id(1)) } }
    #expect(told.withLock { $0 } == 0)
  }
}
