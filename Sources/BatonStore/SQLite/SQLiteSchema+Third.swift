extension SQLiteSchema {
  /// Re-runs, items, trees of runs and revisions of their environment; lists by version and status.
  ///
  /// What most runs do not have is in columns that are NULL without it.
  static let third = """
    ALTER TABLE runs ADD COLUMN root BLOB;
    ALTER TABLE runs ADD COLUMN ends BLOB;
    ALTER TABLE runs ADD COLUMN parent_item INTEGER;
    ALTER TABLE runs ADD COLUMN parent_item_attempt INTEGER;
    CREATE INDEX runs_root ON runs (root, status, created, run) WHERE root IS NOT NULL;
    DROP INDEX runs_workflow_status;
    CREATE INDEX runs_workflow_status
      ON runs (namespace, application, workflow, status, created, run) WHERE root IS NULL;
    CREATE INDEX runs_workflow_status_children
      ON runs (namespace, application, workflow, status, created, run) WHERE root IS NOT NULL;
    ALTER TABLE workflow_counts ADD COLUMN ended_children INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE nodes ADD COLUMN began INTEGER;
    ALTER TABLE nodes ADD COLUMN chain BLOB;
    ALTER TABLE attempts ADD COLUMN env_revision INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE attempts ADD COLUMN details BLOB;
    CREATE TABLE items (
      run BLOB NOT NULL, node TEXT NOT NULL, item INTEGER NOT NULL, element TEXT NOT NULL,
      status INTEGER NOT NULL, reason TEXT, attempts INTEGER NOT NULL, wakes INTEGER,
      pass INTEGER NOT NULL, is_kept INTEGER NOT NULL, is_dropped INTEGER NOT NULL,
      PRIMARY KEY (run, node, item)) WITHOUT ROWID;
    CREATE TABLE item_attempts (
      run BLOB NOT NULL, node TEXT NOT NULL, item INTEGER NOT NULL,
      item_attempt INTEGER NOT NULL, attempt INTEGER NOT NULL, status INTEGER NOT NULL,
      cause INTEGER NOT NULL, chain INTEGER NOT NULL, reason TEXT, message TEXT,
      started INTEGER NOT NULL, ended INTEGER, exit_code INTEGER, host TEXT,
      view_seq INTEGER NOT NULL, program_type TEXT, program_id TEXT, credential BLOB, used BLOB,
      leftover INTEGER NOT NULL, kill_reason TEXT, ending BLOB, unenforced BLOB,
      env_revision INTEGER NOT NULL, details BLOB, PRIMARY KEY (run, node, item, item_attempt)) WITHOUT ROWID;
    CREATE UNIQUE INDEX item_attempts_credential ON item_attempts (credential)
      WHERE credential IS NOT NULL;
    CREATE TABLE env_revisions (
      root BLOB NOT NULL, revision INTEGER NOT NULL, time INTEGER NOT NULL,
      principal TEXT NOT NULL, request_id TEXT NOT NULL, call INTEGER NOT NULL,
      run BLOB NOT NULL, note TEXT NOT NULL, edits BLOB NOT NULL,
      PRIMARY KEY (root, revision)) WITHOUT ROWID;
    DROP INDEX runs_version;
    DROP INDEX attempts_version;
    CREATE INDEX runs_version_status
      ON runs (namespace, application, workflow, version, status, created, run)
      WHERE status > 6;
    CREATE INDEX attempts_version_status
      ON attempts (
        namespace, application, program_type, program_id, version, status, started, run, tail)
      WHERE program_id IS NOT NULL AND status > 1;
    ALTER TABLE events ADD COLUMN item INTEGER;
    ALTER TABLE events ADD COLUMN item_attempt INTEGER;
    ALTER TABLE events ADD COLUMN names BLOB;
    """
}
