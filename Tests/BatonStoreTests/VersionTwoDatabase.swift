/// A database as version 2 of the schema was written by the release that had it.
///
/// That of version 1, migrated by the release, with an order to stop, a hook and what an ending
/// took. Never edited: it stands for the files that users have.
enum VersionTwoDatabase {
  /// What makes the database.
  static let sql =
    VersionOneDatabase.sql + """

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
      INSERT INTO schema_version VALUES (2, 1795305400);
      UPDATE runs SET stop = X'01882701720361646100'
        WHERE run = X'018BCFE5680270008000000000003DDE';
      UPDATE attempts SET ending = X'0201039C4E010705736C656570', unenforced = X'01066D656D6F7279'
        WHERE run = X'018BCFE5680170008000000000001EEF' AND attempt = 1;
      INSERT INTO attempts (run, node, attempt, status, cause, chain, started, ended, view_seq,
        leftover, hook)
      VALUES (X'018BCFE5680170008000000000001EEF', 'Flow', 1, 2, 1, 1, 5000, 5001, 3, 0, 2);
      """
}
