internal import BatonCore
internal import GRDB

/// The schema of the SQLite store, as numbered migrations (reliability R6).
///
/// A released migration is never changed; a change of the schema is a further one.
enum SQLiteSchema {
  /// "Btn1": marks a file as a database of ours (`PRAGMA application_id`).
  static let applicationID: Int32 = 0x4274_6E31
  /// The newest version, which this code knows.
  static var version: Int { migrations.count }

  static let migrations: [String] = [first, second, third]

  /// Brings a database to the newest version, each step in a transaction of its own.
  ///
  /// - Throws: `StoreError.newerSchema`, `StoreError.damaged`.
  static func migrate(_ db: Database) throws {
    var found = try version(of: db)
    guard found <= version else { throw StoreError.newerSchema(found: found, known: version) }
    while found < version {
      try db.inTransaction(.immediate) {
        found = try version(of: db)
        guard found < version else { return .rollback }
        if found == 0 {
          try db.execute(sql: "PRAGMA application_id = \(applicationID)")
          try db.execute(
            sql: "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied INTEGER)")
        }
        try db.execute(sql: migrations[found])
        try db.execute(
          sql: "INSERT INTO schema_version VALUES (?, unixepoch())", arguments: [found + 1])
        found += 1
        return .commit
      }
    }
  }

  /// The version of a database; 0: it is empty.
  private static func version(of db: Database) throws -> Int {
    let mark = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    if mark == applicationID {
      guard try db.tableExists("schema_version"),
        let version = try Int.fetchOne(db, sql: "SELECT max(version) FROM schema_version")
      else { throw StoreError.damaged("the table schema_version is missing or empty") }
      return version
    }
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
    guard mark == 0, tables == 0 else {
      throw StoreError.damaged("the file is a SQLite database, but not one of Baton")
    }
    return 0
  }

  private static let first = """
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

    CREATE TABLE applications (
      namespace TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
      created INTEGER NOT NULL, content BLOB NOT NULL, model BLOB NOT NULL,
      PRIMARY KEY (namespace, name, version));
    CREATE TABLE application_heads (
      namespace TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
      created INTEGER NOT NULL, PRIMARY KEY (namespace, name)) WITHOUT ROWID;

    CREATE TABLE runs (
      run BLOB NOT NULL PRIMARY KEY,
      namespace TEXT NOT NULL, application TEXT NOT NULL, workflow TEXT NOT NULL,
      version INTEGER NOT NULL, status INTEGER NOT NULL, created INTEGER NOT NULL,
      external_id TEXT, cause INTEGER NOT NULL, schedule TEXT, chain_depth INTEGER NOT NULL,
      parent_run BLOB, parent_node TEXT, parent_attempt INTEGER, principal TEXT NOT NULL,
      started INTEGER, suspended INTEGER, resumed INTEGER, stopping INTEGER, ended INTEGER,
      reason TEXT, failures BLOB, finish_error TEXT, reruns INTEGER NOT NULL,
      skips INTEGER NOT NULL, last_event INTEGER NOT NULL, details BLOB) WITHOUT ROWID;
    CREATE INDEX runs_workflow ON runs (namespace, application, workflow, created, run);
    CREATE INDEX runs_workflow_status
      ON runs (namespace, application, workflow, status, created, run);
    CREATE INDEX runs_status ON runs (namespace, status, created, run);
    CREATE UNIQUE INDEX runs_external ON runs (namespace, application, workflow, external_id)
      WHERE external_id IS NOT NULL;
    CREATE INDEX runs_parent ON runs (parent_run, created, run) WHERE parent_run IS NOT NULL;
    CREATE INDEX runs_active ON runs (created, run) WHERE status <= 6;
    CREATE TABLE workflow_counts (
      namespace TEXT NOT NULL, application TEXT NOT NULL, workflow TEXT NOT NULL,
      pending INTEGER NOT NULL, begun INTEGER NOT NULL,
      PRIMARY KEY (namespace, application, workflow)) WITHOUT ROWID;

    CREATE TABLE nodes (
      run BLOB NOT NULL, rank INTEGER NOT NULL, node TEXT NOT NULL, status INTEGER NOT NULL,
      reason TEXT, outcome INTEGER, attempts INTEGER NOT NULL, wakes INTEGER,
      PRIMARY KEY (run, rank)) WITHOUT ROWID;
    CREATE INDEX nodes_withheld ON nodes (run) WHERE status >= 7 AND attempts > 0;

    CREATE TABLE attempts (
      run BLOB NOT NULL, node TEXT NOT NULL, attempt INTEGER NOT NULL, status INTEGER NOT NULL,
      cause INTEGER NOT NULL, chain INTEGER NOT NULL, reason TEXT, message TEXT,
      started INTEGER NOT NULL, ended INTEGER, exit_code INTEGER, host TEXT,
      view_seq INTEGER NOT NULL, program_type TEXT, program_id TEXT, credential BLOB,
      used BLOB, leftover INTEGER NOT NULL, kill_reason TEXT, withheld BLOB,
      namespace TEXT, application TEXT, version INTEGER, tail TEXT,
      PRIMARY KEY (run, node, attempt)) WITHOUT ROWID;
    CREATE INDEX attempts_program
      ON attempts (namespace, application, program_type, program_id, status, started, run, tail)
      WHERE program_id IS NOT NULL;
    CREATE UNIQUE INDEX attempts_credential ON attempts (credential)
      WHERE credential IS NOT NULL;

    CREATE TABLE events (
      number INTEGER PRIMARY KEY, event INTEGER NOT NULL, time INTEGER NOT NULL, run BLOB,
      namespace TEXT NOT NULL, application TEXT NOT NULL, workflow TEXT NOT NULL,
      version INTEGER NOT NULL, kind INTEGER NOT NULL, node TEXT, attempt INTEGER,
      from_status INTEGER, to_status INTEGER, reason TEXT, cause INTEGER);
    CREATE INDEX events_run ON events (run, event) WHERE run IS NOT NULL;
    CREATE INDEX events_application ON events (namespace, application) WHERE run IS NULL;

    CREATE TABLE requests (
      scope TEXT NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL, answer BLOB NOT NULL,
      time INTEGER NOT NULL, PRIMARY KEY (scope, id)) WITHOUT ROWID;

    CREATE TABLE token_accounts (
      run BLOB NOT NULL PRIMARY KEY, last_seq INTEGER NOT NULL, used INTEGER NOT NULL,
      history INTEGER NOT NULL, last_time INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE token_entries (
      run BLOB NOT NULL, scope INTEGER NOT NULL, key TEXT NOT NULL, node TEXT NOT NULL,
      attempt INTEGER NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL,
      PRIMARY KEY (run, scope, key, node)) WITHOUT ROWID;
    CREATE TABLE token_puts (
      run BLOB NOT NULL, seq INTEGER NOT NULL, scope INTEGER NOT NULL, key TEXT NOT NULL,
      node TEXT NOT NULL, attempt INTEGER NOT NULL, time INTEGER NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (run, seq)) WITHOUT ROWID;
    """

  /// Hooks, stops and limits of attempts and runs; programs by version; deletion and retention.
  private static let second = """
    ALTER TABLE attempts ADD COLUMN hook INTEGER;
    ALTER TABLE attempts ADD COLUMN ending BLOB;
    ALTER TABLE attempts ADD COLUMN unenforced BLOB;
    ALTER TABLE runs ADD COLUMN stop BLOB;

    CREATE TABLE programs (
      namespace TEXT NOT NULL, application TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
      version INTEGER NOT NULL, PRIMARY KEY (namespace, application, type, id)) WITHOUT ROWID;
    INSERT INTO programs
      SELECT namespace, name, json_extract(value, '$.type'), key, max(version)
      FROM applications, json_each(CAST(model AS TEXT), '$.programs')
      GROUP BY 1, 2, 3, 4;
    INSERT INTO programs
      SELECT namespace, name, 'WORKFLOW', key, max(version)
      FROM applications, json_each(CAST(model AS TEXT), '$.workflows')
      GROUP BY 1, 2, 3, 4;

    CREATE TABLE removed_applications (
      namespace TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
      last_event INTEGER NOT NULL, is_purged INTEGER NOT NULL,
      PRIMARY KEY (namespace, name)) WITHOUT ROWID;
    CREATE INDEX removed_applications_left ON removed_applications (namespace, name)
      WHERE is_purged = 0;
    CREATE TABLE removed_runs (run BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE removed_run_ids (
      namespace TEXT NOT NULL, application TEXT NOT NULL, workflow TEXT NOT NULL,
      external_id TEXT NOT NULL, PRIMARY KEY (namespace, application, workflow, external_id))
      WITHOUT ROWID;
    CREATE INDEX requests_time ON requests (time)
      WHERE scope < 'PutToken:' OR scope >= 'PutToken;';

    INSERT INTO counters SELECT 'time', coalesce(max(time), 0) FROM events;
    ALTER TABLE workflow_counts ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
    INSERT INTO workflow_counts (namespace, application, workflow, pending, begun, ended)
      SELECT namespace, application, workflow, 0, 0, count(*) FROM runs
      WHERE status > 6 GROUP BY 1, 2, 3
      ON CONFLICT DO UPDATE SET ended = excluded.ended;

    DROP INDEX runs_external;
    CREATE UNIQUE INDEX runs_external ON runs (namespace, external_id, application, workflow)
      WHERE external_id IS NOT NULL;
    CREATE INDEX runs_version
      ON runs (namespace, application, workflow, version, created, run);
    CREATE INDEX attempts_version
      ON attempts (namespace, application, program_type, program_id, version, started, run, tail)
      WHERE program_id IS NOT NULL;
    CREATE TABLE room (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
    """
}
