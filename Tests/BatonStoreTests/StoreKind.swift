import BatonCore
import BatonStore
import Foundation
import Synchronization
import Testing

/// The stores that every test of the conformance suite runs on.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
  case memory
  case sqlite
  /// SQLite shared by several processes: nothing is answered from memory.
  case sqliteShared

  static var all: [StoreKind] { allCases }

  var testDescription: String { rawValue }

  /// Opens a fresh store, runs the body, and closes it.
  func withStore(_ body: (any Store) async throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    let store = try open(directory)
    do {
      try await body(store)
    } catch {
      await store.close()
      throw error
    }
    await store.close()
  }

  private func open(_ directory: TemporaryDirectory) throws -> any Store {
    let clock = TestClock()
    switch self {
    case .memory: return MemoryStore(clock: clock.now)
    case .sqlite, .sqliteShared:
      return try SQLiteStore(
        SQLiteOptions(directory: directory.path, exclusive: self == .sqlite, clock: clock.now))
    }
  }
}

/// A clock that goes on by one millisecond each time it is read.
final class TestClock: Sendable {
  private let milliseconds = Mutex<Int64>(1_700_000_000_000)

  var now: @Sendable () -> Timestamp {
    { [self] in
      milliseconds.withLock { time in
        time += 1
        return Timestamp(milliseconds: time)
      }
    }
  }
}

/// A directory that is removed when nobody holds it any more.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/baton-store-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Records for tests.
enum Sample {
  static let flow = WorkflowID(namespace: "default", application: "app", workflow: "Flow")
  static let other = WorkflowID(namespace: "default", application: "app", workflow: "Other")

  static func id(_ number: Int) -> RunID {
    RunID(
      milliseconds: 1_700_000_000_000 + Int64(number), sequence: 0, random: UInt64(number) &* 7919)
  }

  static func run(
    _ number: Int, _ workflow: WorkflowID = flow, status: RunStatus = .pending,
    created: Int64? = nil, version: Int = 1, external: String? = nil
  ) -> RunRecord {
    let header = RunHeader(
      id: id(number), workflow: workflow, version: version,
      created: Timestamp(milliseconds: created ?? 1000 + Int64(number)), externalID: external)
    return RunRecord(header: header, state: RunState(status: status))
  }

  static func node(_ run: Int, _ name: String, _ rank: Int) -> NodeRecord {
    NodeRecord(run: id(run), node: name, rank: rank)
  }

  static func attempt(
    _ run: Int, _ node: String, _ number: Int = 1, started: Int64 = 5000,
    program: String? = nil
  ) -> AttemptRecord {
    var record = AttemptRecord(
      id: AttemptID(run: id(run), node: node, attempt: number),
      cause: number == 1 ? .first : .retry, chain: 1, started: Timestamp(milliseconds: started))
    record.program = program.map { ProgramReference(type: .command, id: $0) }
    return record
  }

  static func puts(
    _ run: Int, _ entries: KeyValuePairs<String, String>
  ) -> TokenPutBatch {
    puts(run, "A", 1, entries)
  }

  static func puts(
    _ run: Int, _ node: String, _ entries: KeyValuePairs<String, String>
  ) -> TokenPutBatch {
    puts(run, node, 1, entries)
  }

  static func puts(
    _ run: Int, _ node: String, _ attempt: Int, _ entries: KeyValuePairs<String, String>,
    scope: TokenScope = .user
  ) -> TokenPutBatch {
    TokenPutBatch(
      source: AttemptID(run: id(run), node: node, attempt: attempt),
      entries: entries.map { TokenPutBatch.Entry(scope: scope, key: $0.key, value: $0.value) })
  }

  static let graph = TokenGraph(
    workflow: "Flow", rank: { ["A", "B", "C", "D"].firstIndex(of: $0) },
    isAncestor: { $0 < $1 })
}

/// Expects a condition; where `#expect` cannot take closures that throw apart.
func holds(_ condition: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(condition, sourceLocation: sourceLocation)
}

struct Oops: Error, Equatable {}
