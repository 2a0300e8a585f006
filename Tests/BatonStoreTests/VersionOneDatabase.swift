/// A database as version 1 of the schema was written by the release that had it.
///
/// Two runs of an application of three versions, with a retried attempt, a token, events and
/// requests. Never edited: it stands for the files that users have.
enum VersionOneDatabase {
  /// What makes the database.
  static let sql = """
    PRAGMA application_id = 0x42746E31;
    CREATE TABLE application_heads (
      namespace TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
      created INTEGER NOT NULL, PRIMARY KEY (namespace, name)) WITHOUT ROWID;
    CREATE TABLE applications (
      namespace TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
      created INTEGER NOT NULL, content BLOB NOT NULL, model BLOB NOT NULL,
      PRIMARY KEY (namespace, name, version));
    CREATE TABLE attempts (
      run BLOB NOT NULL, node TEXT NOT NULL, attempt INTEGER NOT NULL, status INTEGER NOT NULL,
      cause INTEGER NOT NULL, chain INTEGER NOT NULL, reason TEXT, message TEXT,
      started INTEGER NOT NULL, ended INTEGER, exit_code INTEGER, host TEXT,
      view_seq INTEGER NOT NULL, program_type TEXT, program_id TEXT, credential BLOB,
      used BLOB, leftover INTEGER NOT NULL, kill_reason TEXT, withheld BLOB,
      namespace TEXT, application TEXT, version INTEGER, tail TEXT,
      PRIMARY KEY (run, node, attempt)) WITHOUT ROWID;
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE events (
      number INTEGER PRIMARY KEY, event INTEGER NOT NULL, time INTEGER NOT NULL, run BLOB,
      namespace TEXT NOT NULL, application TEXT NOT NULL, workflow TEXT NOT NULL,
      version INTEGER NOT NULL, kind INTEGER NOT NULL, node TEXT, attempt INTEGER,
      from_status INTEGER, to_status INTEGER, reason TEXT, cause INTEGER);
    CREATE TABLE nodes (
      run BLOB NOT NULL, rank INTEGER NOT NULL, node TEXT NOT NULL, status INTEGER NOT NULL,
      reason TEXT, outcome INTEGER, attempts INTEGER NOT NULL, wakes INTEGER,
      PRIMARY KEY (run, rank)) WITHOUT ROWID;
    CREATE TABLE requests (
      scope TEXT NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL, answer BLOB NOT NULL,
      time INTEGER NOT NULL, PRIMARY KEY (scope, id)) WITHOUT ROWID;
    CREATE TABLE runs (
      run BLOB NOT NULL PRIMARY KEY,
      namespace TEXT NOT NULL, application TEXT NOT NULL, workflow TEXT NOT NULL,
      version INTEGER NOT NULL, status INTEGER NOT NULL, created INTEGER NOT NULL,
      external_id TEXT, cause INTEGER NOT NULL, schedule TEXT, chain_depth INTEGER NOT NULL,
      parent_run BLOB, parent_node TEXT, parent_attempt INTEGER, principal TEXT NOT NULL,
      started INTEGER, suspended INTEGER, resumed INTEGER, stopping INTEGER, ended INTEGER,
      reason TEXT, failures BLOB, finish_error TEXT, reruns INTEGER NOT NULL,
      skips INTEGER NOT NULL, last_event INTEGER NOT NULL, details BLOB) WITHOUT ROWID;
    CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied INTEGER);
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
    CREATE TABLE workflow_counts (
      namespace TEXT NOT NULL, application TEXT NOT NULL, workflow TEXT NOT NULL,
      pending INTEGER NOT NULL, begun INTEGER NOT NULL,
      PRIMARY KEY (namespace, application, workflow)) WITHOUT ROWID;
    CREATE INDEX runs_workflow ON runs (namespace, application, workflow, created, run);
    CREATE INDEX runs_workflow_status
      ON runs (namespace, application, workflow, status, created, run);
    CREATE INDEX runs_status ON runs (namespace, status, created, run);
    CREATE UNIQUE INDEX runs_external ON runs (namespace, application, workflow, external_id)
      WHERE external_id IS NOT NULL;
    CREATE INDEX runs_parent ON runs (parent_run, created, run) WHERE parent_run IS NOT NULL;
    CREATE INDEX runs_active ON runs (created, run) WHERE status <= 6;
    CREATE INDEX nodes_withheld ON nodes (run) WHERE status >= 7 AND attempts > 0;
    CREATE INDEX attempts_program
      ON attempts (namespace, application, program_type, program_id, status, started, run, tail)
      WHERE program_id IS NOT NULL;
    CREATE UNIQUE INDEX attempts_credential ON attempts (credential)
      WHERE credential IS NOT NULL;
    CREATE INDEX events_run ON events (run, event) WHERE run IS NOT NULL;
    CREATE INDEX events_application ON events (namespace, application) WHERE run IS NULL;
    INSERT INTO "application_heads" VALUES('default','app',3,1700000000001);
    INSERT INTO "applications" VALUES('default','app',1,1700000000001,X'6E616D653A20617070',\
    CAST('{"description":"","env":{},"name":"app","programs":{"load":{"argv":[],"env":{},\
    "policy":{},"properties":{},"put":[],"type":"NOOP"},"old":{"argv":[],"env":{},"policy":{},\
    "properties":{},"put":[],"type":"COMMAND"}},"workflows":{"Flow":{"arguments":{},"env":{},\
    "name":"Flow","nodeDefaults":{},"nodes":[],"onFailure":"stop-siblings","whenFull":"queue"},\
    "Other":{"arguments":{},"env":{},"name":"Other","nodeDefaults":{},"nodes":[],\
    "onFailure":"stop-siblings","whenFull":"queue"}}}' AS BLOB));
    INSERT INTO "applications" VALUES('default','app',2,1700000000001,X'6E616D653A20617070',\
    CAST('{"description":"","env":{},"name":"app","programs":{"load":{"argv":[],"env":{},\
    "policy":{},"properties":{},"put":[],"type":"NOOP"},"old":{"argv":[],"env":{},"policy":{},\
    "properties":{},"put":[],"type":"WORKER"}},"workflows":{"Flow":{"arguments":{},"env":{},\
    "name":"Flow","nodeDefaults":{},"nodes":[],"onFailure":"stop-siblings",\
    "whenFull":"queue"}}}' AS BLOB));
    INSERT INTO "applications" VALUES('default','app',3,1700000000001,X'6E616D653A20617070',\
    CAST('{"description":"","env":{},"name":"app","programs":{"load":{"argv":[],"env":{},\
    "policy":{},"properties":{},"put":[],"type":"NOOP"}},"workflows":{"Flow":{"arguments":{},\
    "env":{},"name":"Flow","nodeDefaults":{},"nodes":[],"onFailure":"stop-siblings",\
    "whenFull":"queue"}}}' AS BLOB));
    INSERT INTO "attempts" VALUES(X'018BCFE5680170008000000000001EEF','A',1,3,1,1,\
    'exit_nonzero',NULL,5000,NULL,3,NULL,0,'COMMAND','load',NULL,X'010161010170017600',0,NULL,\
    NULL,'default','app',1,'A:1');
    INSERT INTO "attempts" VALUES(X'018BCFE5680170008000000000001EEF','A',2,2,2,1,NULL,NULL,\
    5000,NULL,NULL,NULL,2,'COMMAND','load',NULL,NULL,0,NULL,NULL,'default','app',1,'A:2');
    INSERT INTO "attempts" VALUES(X'018BCFE5680270008000000000003DDE','A',1,1,1,1,NULL,NULL,\
    5000,NULL,NULL,NULL,0,'COMMAND','load',NULL,NULL,0,NULL,NULL,'default','app',1,'A:1');
    INSERT INTO "counters" VALUES('event',6);
    INSERT INTO "events" VALUES(1,0,1700000000001,NULL,'default','app','',1,4,NULL,NULL,NULL,\
    NULL,NULL,NULL);
    INSERT INTO "events" VALUES(2,0,1700000000001,NULL,'default','app','',2,4,NULL,NULL,NULL,\
    NULL,NULL,NULL);
    INSERT INTO "events" VALUES(3,0,1700000000001,NULL,'default','app','',3,4,NULL,NULL,NULL,\
    NULL,NULL,NULL);
    INSERT INTO "events" VALUES(4,1,1,X'018BCFE5680170008000000000001EEF','default','app',\
    'Flow',1,1,NULL,NULL,NULL,1,NULL,NULL);
    INSERT INTO "events" VALUES(5,2,2,X'018BCFE5680170008000000000001EEF','default','app',\
    'Flow',1,1,NULL,NULL,1,8,'node_failed',NULL);
    INSERT INTO "events" VALUES(6,1,1,X'018BCFE5680270008000000000003DDE','default','app',\
    'Other',1,1,NULL,NULL,NULL,1,NULL,NULL);
    INSERT INTO "nodes" VALUES(X'018BCFE5680170008000000000001EEF',0,'A',4,NULL,NULL,2,NULL);
    INSERT INTO "nodes" VALUES(X'018BCFE5680170008000000000001EEF',1,'B',1,NULL,NULL,0,NULL);
    INSERT INTO "nodes" VALUES(X'018BCFE5680270008000000000003DDE',0,'A',1,NULL,NULL,0,NULL);
    INSERT INTO "requests" VALUES('PutToken:018bcfe5-6801-7000-8000-000000001eef:A:1','r',X'01',\
    X'03',1700000000001);
    INSERT INTO "requests" VALUES('ada ns Trigger','r',X'01',X'02',1700000000001);
    INSERT INTO "runs" VALUES(X'018BCFE5680170008000000000001EEF','default','app','Flow',1,8,\
    1001,'order-17',1,NULL,0,NULL,NULL,NULL,'',NULL,NULL,NULL,NULL,1700000000001,NULL,\
    X'010141010C657869745F6E6F6E7A65726F016D',NULL,0,0,0,X'010364617901310000');
    INSERT INTO "runs" VALUES(X'018BCFE5680270008000000000003DDE','default','app','Other',1,1,\
    1002,NULL,1,NULL,0,NULL,NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,NULL);
    INSERT INTO "schema_version" VALUES(1,1795305300);
    INSERT INTO "token_accounts" VALUES(X'018BCFE5680170008000000000001EEF',3,4,6,\
    1700000000001);
    INSERT INTO "token_entries" VALUES(X'018BCFE5680170008000000000001EEF',1,'k','A',2,3,2);
    INSERT INTO "token_entries" VALUES(X'018BCFE5680170008000000000001EEF',1,'é','A',1,2,2);
    INSERT INTO "token_puts" VALUES(X'018BCFE5680170008000000000001EEF',1,1,'k','A',1,\
    1700000000001,'1');
    INSERT INTO "token_puts" VALUES(X'018BCFE5680170008000000000001EEF',2,1,'é','A',1,\
    1700000000001,'');
    INSERT INTO "token_puts" VALUES(X'018BCFE5680170008000000000001EEF',3,1,'k','A',2,\
    1700000000001,'2');
    INSERT INTO "workflow_counts" VALUES('default','app','Other',1,0);
    """
}
