import BatonCore
import BatonStore
import GRDB
import Testing

/// How SQLite goes about the statements of the store (performance P10).
///
/// A session can prepare nothing but the fixed statements and the scans, so the list is whole.
@Suite("P10: query plans")
struct SQLitePlanTests {
  /// Steps that look at a whole table on purpose, because it does not grow with what is stored.
  private static let allowed = [
    "SCAN runs USING INDEX runs_active": "active runs, which an index holds alone",
    "SCAN workflow_counts": "one row for each workflow",
  ]

  /// What is wrong with a step of a plan; nil: nothing.
  private static func fault(in step: String) -> String? {
    if allowed[step] != nil { return nil }
    if step.hasPrefix("SCAN") { return "scans" }
    if step.contains("AUTOMATIC") { return "builds an index" }
    if step.contains("TEMP B-TREE") { return "sorts" }
    return nil
  }

  private static func steps(of sql: String, _ db: Database) throws -> [String] {
    let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
    statement.setUncheckedArguments(StatementArguments())
    return try Row.fetchAll(statement).map { $0["detail"] as String }
  }

  private func withDatabase<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    let directory = try TemporaryDirectory()
    try await SQLiteStore(SQLiteOptions(directory: directory.path, clock: TestClock().now)).close()
    let queue = try DatabaseQueue(path: directory.path + "/baton.sqlite")
    return try await queue.read { try body($0) }
  }

  @Test("no statement of the store scans or sorts a growing table")
  func statements() async throws {
    let control = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"]
    let statements = SQLiteStore.statements.filter { sql in
      !control.contains { sql.hasPrefix($0) }
    }
    #expect(statements.count > 110)
    let plans = try await withDatabase { db in
      try statements.map { (sql: $0, steps: try Self.steps(of: $0, db)) }
    }
    for (sql, steps) in plans {
      for step in steps { #expect(Self.fault(in: step) == nil, "\(step)\n\(sql)") }
    }
    let used = Set(plans.flatMap(\.steps)).filter { Self.allowed[$0] != nil }
    #expect(used == Set(Self.allowed.keys))
  }

  @Test(
    "a planted scan, sort or automatic index is found",
    arguments: [
      ("SELECT run FROM runs WHERE reason = ?1", "scans"),
      ("SELECT run FROM runs INDEXED BY runs_workflow WHERE workflow = ?1", "scans"),
      ("SELECT run FROM runs WHERE run > ?1 ORDER BY reason", "sorts"),
      (
        """
        SELECT n.run FROM nodes n LEFT JOIN (SELECT DISTINCT reason FROM runs WHERE run > ?1) r
          ON r.reason = n.reason WHERE n.run = ?1
        """, "builds an index"
      ),
    ])
  func canary(sql: String, fault: String) async throws {
    let faults = try await withDatabase { try Self.steps(of: sql, $0).compactMap(Self.fault) }
    #expect(faults.contains(fault))
  }

  @Test("lists use the index of their filters")
  func indexes() async throws {
    let expected = [
      "runs_workflow", "runs_workflow_status", "runs_version_status", "runs_status", "runs_parent",
      "attempts_program", "attempts_version_status", "runs_external", "requests_time", "runs_root",
      "runs_workflow_status_children", "item_attempts_credential",
    ]
    let statements = SQLiteStore.statements.filter {
      $0.hasPrefix("SELECT") || $0.hasPrefix("DELETE")
    }
    let steps = try await withDatabase { db in
      try statements.flatMap { try Self.steps(of: $0, db) }
    }
    for index in expected {
      #expect(steps.contains { $0.contains("INDEX \(index) (") }, "\(index)")
    }
  }
}
