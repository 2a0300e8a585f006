/// The fixed statements of the SQLite store; a test reads the plan of each (performance P10).
enum SQL: String, CaseIterable {
  // MARK: Transactions
  case begin = "BEGIN IMMEDIATE"
  case commit = "COMMIT"
  case rollback = "ROLLBACK"
  case savepoint = "SAVEPOINT unit"
  case release = "RELEASE unit"
  case rollbackTo = "ROLLBACK TO unit"

  // MARK: Applications
  case application = """
    SELECT version, created, content, model FROM applications
    WHERE namespace = ?1 AND name = ?2 AND version = ?3
    """
  case newestApplication = """
    SELECT version, created, content, model FROM applications
    WHERE namespace = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1
    """
  case newestVersion = """
    SELECT version FROM application_heads WHERE namespace = ?1 AND name = ?2
    """
  case applications = """
    SELECT name, version, created FROM application_heads
    WHERE namespace = ?1 AND name > ?2 AND name >= ?3 ORDER BY name LIMIT ?4
    """
  case namespaceExists = "SELECT 1 FROM application_heads WHERE namespace = ?1 LIMIT 1"
  case insertApplication = """
    INSERT INTO applications (namespace, name, version, created, content, model)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    """
  case setApplicationHead = """
    INSERT INTO application_heads (namespace, name, version, created) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET version = excluded.version, created = excluded.created
    """
  case setProgram = """
    INSERT INTO programs (namespace, application, type, id, version)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET version = excluded.version
    """
  case versionOfProgram = """
    SELECT version FROM programs
    WHERE namespace = ?1 AND application = ?2 AND type = ?3 AND id = ?4
    """

  // MARK: Removed applications
  case removedApplication = """
    SELECT version, is_purged FROM removed_applications WHERE namespace = ?1 AND name = ?2
    """
  case activeOfApplication = """
    SELECT coalesce(sum(pending + begun), 0) FROM workflow_counts
    WHERE namespace = ?1 AND application = ?2
    """
  case insertRemovedApplication = """
    INSERT INTO removed_applications (namespace, name, version, last_event, is_purged)
    VALUES (?1, ?2, ?3, ?4, 0)
    ON CONFLICT DO UPDATE SET version = excluded.version, last_event = excluded.last_event,
      is_purged = 0
    """
  case deleteApplicationHead = "DELETE FROM application_heads WHERE namespace = ?1 AND name = ?2"
  case applicationToPurge = """
    SELECT namespace, name, last_event FROM removed_applications
    WHERE is_purged = 0 AND namespace >= '' LIMIT 1
    """
  case purgeApplicationVersion = """
    DELETE FROM applications WHERE namespace = ?1 AND name = ?2 AND version = (
      SELECT min(version) FROM applications WHERE namespace = ?1 AND name = ?2)
    """
  case purgeApplicationEvents = """
    DELETE FROM events WHERE number IN (
      SELECT number FROM events
      WHERE run IS NULL AND namespace = ?1 AND application = ?2 AND number <= ?3 LIMIT ?4)
    """
  case purgeApplicationCounts = """
    DELETE FROM workflow_counts WHERE namespace = ?1 AND application = ?2
    """
  case purgeApplicationPrograms = """
    DELETE FROM programs WHERE namespace = ?1 AND application = ?2
    """
  case setApplicationPurged = """
    UPDATE removed_applications SET is_purged = 1 WHERE namespace = ?1 AND name = ?2
    """
  case runOfApplication = """
    SELECT run FROM runs WHERE namespace = ?1 AND application = ?2 LIMIT 1
    """

  // MARK: Runs
  case run = """
    SELECT run, namespace, application, workflow, version, status, created, external_id,
      cause, schedule, chain_depth, parent_run, parent_node, parent_attempt, principal,
      started, suspended, resumed, stopping, ended, reason, failures, finish_error, reruns,
      skips, last_event, details, stop, root, ends, parent_item, parent_item_attempt
    FROM runs WHERE run = ?1
    """
  case runOfExternalID = """
    SELECT run FROM runs WHERE namespace = ?1 AND application = ?2 AND workflow = ?3
      AND external_id = ?4
    """
  case runsOfExternalID = """
    SELECT run FROM runs WHERE namespace = ?1 AND external_id = ?2
    """
  case removedRunID = """
    SELECT 1 FROM removed_run_ids
    WHERE namespace = ?1 AND application = ?2 AND workflow = ?3 AND external_id = ?4
    """
  case insertRemovedRunID = """
    INSERT INTO removed_run_ids (namespace, application, workflow, external_id)
    VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING
    """
  case runBrief = """
    SELECT namespace, application, workflow, version, status, external_id, created, root
    FROM runs WHERE run = ?1
    """
  case runStatus = "SELECT status FROM runs WHERE run = ?1"
  case nextWorkflow = """
    SELECT workflow FROM runs WHERE namespace = ?1 AND application = ?2 AND workflow > ?3
    ORDER BY workflow LIMIT 1
    """
  case activeRuns = "SELECT run FROM runs WHERE status <= 6 ORDER BY created, run"
  case insertRun = """
    INSERT INTO runs (run, namespace, application, workflow, version, status, created,
      external_id, cause, schedule, chain_depth, parent_run, parent_node, parent_attempt,
      principal, started, suspended, resumed, stopping, ended, reason, failures, finish_error,
      reruns, skips, last_event, details, stop, root, ends, parent_item, parent_item_attempt)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
      ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)
    ON CONFLICT (run) DO NOTHING
    """
  case updateRun = """
    UPDATE runs SET status = ?2, started = ?3, suspended = ?4, resumed = ?5, stopping = ?6,
      ended = ?7, reason = ?8, failures = ?9, finish_error = ?10, reruns = ?11, skips = ?12,
      last_event = ?13, stop = ?15, ends = ?16
    WHERE run = ?1 AND status = ?14
    """
  case updateRunSameStatus = """
    UPDATE runs SET started = ?3, suspended = ?4, resumed = ?5, stopping = ?6,
      ended = ?7, reason = ?8, failures = ?9, finish_error = ?10, reruns = ?11, skips = ?12,
      last_event = ?13, stop = ?15, ends = ?16
    WHERE run = ?1 AND status = ?2
    """
  case workflowCount = """
    SELECT pending, begun FROM workflow_counts
    WHERE namespace = ?1 AND application = ?2 AND workflow = ?3
    """
  case addWorkflowCount = """
    INSERT INTO workflow_counts
      (namespace, application, workflow, pending, begun, ended, ended_children)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT DO UPDATE SET pending = pending + excluded.pending,
      begun = begun + excluded.begun, ended = ended + excluded.ended,
      ended_children = ended_children + excluded.ended_children
    """
  case nextWorkflowCount = """
    SELECT namespace, application, workflow, ended FROM workflow_counts
    WHERE (namespace, application, workflow) > (?1, ?2, ?3)
    ORDER BY namespace, application, workflow LIMIT 1
    """
  case runTotals = "SELECT sum(pending + begun), sum(ended + ended_children) FROM workflow_counts"
  case oldestEnded = """
    SELECT created, run FROM runs
    WHERE namespace = ?1 AND application = ?2 AND workflow = ?3 AND status = ?4
      AND root IS NULL
    ORDER BY created, run LIMIT ?5
    """
  case endedBefore = """
    SELECT created, run, coalesce(ended, created) FROM runs
    WHERE namespace = ?1 AND application = ?2 AND workflow = ?3 AND status = ?4
      AND root IS NULL AND created < ?5
    ORDER BY created, run
    """

  // MARK: Nodes and attempts
  case nodes = """
    SELECT rank, node, status, reason, outcome, attempts, wakes, began, chain FROM nodes
    WHERE run = ?1 ORDER BY rank
    """
  case insertNode = """
    INSERT INTO nodes (run, rank, node, status, reason, outcome, attempts, wakes, began, chain)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    """
  case updateNode = """
    UPDATE nodes SET status = ?4, reason = ?5, outcome = ?6, attempts = ?7, wakes = ?8,
      began = ?9, chain = ?10
    WHERE run = ?1 AND rank = ?2 AND node = ?3
    """
  case withheldNodes = """
    SELECT node, reason FROM nodes INDEXED BY nodes_withheld
    WHERE run = ?1 AND status >= 7 AND attempts > 0
    """
  case attempts = """
    SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
      exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, hook, ending, unenforced, version, env_revision, details
    FROM attempts WHERE run = ?1 ORDER BY node, attempt
    """
  case attemptsOfNode = """
    SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
      exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, hook, ending, unenforced, version, env_revision, details
    FROM attempts WHERE run = ?1 AND node = ?2 ORDER BY attempt
    """
  case attempt = """
    SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
      exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, hook, ending, unenforced, version, env_revision, details
    FROM attempts WHERE run = ?1 AND node = ?2 AND attempt = ?3
    """
  case attemptStatus = """
    SELECT status FROM attempts WHERE run = ?1 AND node = ?2 AND attempt = ?3
    """
  case attemptOfCredential = """
    SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
      exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, hook, ending, unenforced, version, env_revision, details
    FROM attempts WHERE credential = ?1
    """
  case insertAttempt = """
    INSERT INTO attempts (run, node, attempt, status, cause, chain, reason, message, started,
      ended, exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, hook, ending, unenforced, env_revision, details, withheld, namespace,
      application, version, tail)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
      ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)
    ON CONFLICT (run, node, attempt) DO NOTHING
    """
  case updateAttempt = """
    UPDATE attempts SET status = ?4, cause = ?5, chain = ?6, reason = ?7, message = ?8,
      ended = ?9, exit_code = ?10, host = ?11, used = ?12, leftover = ?13, kill_reason = ?14,
      ending = ?15, unenforced = ?16, details = ?17
    WHERE run = ?1 AND node = ?2 AND attempt = ?3 AND status = 1
    """
  case updateAttemptDetails = """
    UPDATE attempts SET details = ?4
    WHERE run = ?1 AND node = ?2 AND attempt = ?3 AND status > 1
    """
  case viewAttempts = """
    SELECT node, attempt, status, view_seq, withheld, hook FROM attempts WHERE run = ?1
    ORDER BY node, attempt
    """

  case nodeFigures = """
    SELECT node, outcome FROM nodes WHERE run = ?1 AND attempts > 0 ORDER BY rank
    """
  case attemptFigures = """
    SELECT node, cause, started, ended FROM attempts WHERE run = ?1 ORDER BY node, attempt
    """

  // MARK: Items
  case items = """
    SELECT item, element, status, reason, attempts, wakes, pass, is_kept, is_dropped FROM items
    WHERE run = ?1 AND node = ?2 AND item > ?3 AND (?4 >> status) & 1 ORDER BY item LIMIT ?5
    """
  case itemCounts = """
    SELECT sum(status = 1), sum(status = 2), sum(status = 3), sum(status = 4), sum(status = 5),
      sum(status = 6)
    FROM items WHERE run = ?1 AND node = ?2 AND NOT is_dropped
    """
  case putItem = """
    INSERT INTO items (run, node, item, element, status, reason, attempts, wakes, pass, is_kept,
      is_dropped)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT DO UPDATE SET element = excluded.element, status = excluded.status,
      reason = excluded.reason, attempts = excluded.attempts, wakes = excluded.wakes,
      pass = excluded.pass, is_kept = excluded.is_kept, is_dropped = excluded.is_dropped
    """
  case itemAttempts = """
    SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
      exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, NULL, ending, unenforced, 0, env_revision, details, item, item_attempt
    FROM item_attempts WHERE run = ?1 AND node = ?2 AND item BETWEEN ?3 AND ?4
    ORDER BY item, item_attempt
    """
  case runningItemAttempts = """
    SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
      exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, NULL, ending, unenforced, 0, env_revision, details, item, item_attempt
    FROM item_attempts WHERE run = ?1 AND status = 1 ORDER BY node, item, item_attempt
    """
  case itemAttempt = """
    SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
      exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, NULL, ending, unenforced, 0, env_revision, details, item, item_attempt
    FROM item_attempts
    WHERE run = ?1 AND node = ?2 AND attempt = ?3 AND item = ?4 AND item_attempt = ?5
    """
  case itemAttemptStatus = """
    SELECT status FROM item_attempts
    WHERE run = ?1 AND node = ?2 AND attempt = ?3 AND item = ?4 AND item_attempt = ?5
    """
  case itemAttemptOfCredential = """
    SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
      exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
      kill_reason, NULL, ending, unenforced, 0, env_revision, details, item, item_attempt
    FROM item_attempts WHERE credential = ?1
    """
  case insertItemAttempt = """
    INSERT INTO item_attempts (run, node, attempt, status, cause, chain, reason, message,
      started, ended, exit_code, host, view_seq, program_type, program_id, credential, used,
      leftover, kill_reason, ending, unenforced, env_revision, details, item, item_attempt)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
      ?19, ?21, ?22, ?23, ?24, ?25, ?26)
    """
  case updateItemAttempt = """
    UPDATE item_attempts SET status = ?4, cause = ?5, chain = ?6, reason = ?7, message = ?8,
      ended = ?9, exit_code = ?10, host = ?11, used = ?12, leftover = ?13, kill_reason = ?14,
      ending = ?15, unenforced = ?16, details = ?17
    WHERE run = ?1 AND node = ?2 AND attempt = ?3 AND item = ?18 AND item_attempt = ?19
      AND status = 1
    """
  case updateItemAttemptDetails = """
    UPDATE item_attempts SET details = ?4
    WHERE run = ?1 AND node = ?2 AND attempt = ?3 AND item = ?5 AND item_attempt = ?6
      AND status > 1
    """

  // MARK: Trees and their environment
  case activeOfTree = "SELECT created, run FROM runs WHERE root = ?1 AND status <= 6"
  case runOfTree = "SELECT run FROM runs WHERE root = ?1 LIMIT 1"
  case runsOfTree = "SELECT run, status FROM runs WHERE root = ?1 ORDER BY status, created, run"
  case children = "SELECT run FROM runs WHERE parent_run = ?1 ORDER BY created, run"
  case childrenOfAttempt = """
    SELECT run FROM runs
    WHERE parent_run = ?1 AND parent_node = ?2 AND parent_attempt = ?3
      AND (?4 IS NULL OR (parent_item = ?4 AND parent_item_attempt = ?5))
    ORDER BY created, run
    """
  case envRevisions = """
    SELECT revision, time, principal, request_id, call, run, note, edits FROM env_revisions
    WHERE root = ?1 AND revision < ?2 ORDER BY revision DESC LIMIT ?3
    """
  case envEdits = """
    SELECT revision, edits FROM env_revisions WHERE root = ?1 AND revision <= ?2
    ORDER BY revision
    """
  case newestEnvRevision = "SELECT max(revision) FROM env_revisions WHERE root = ?1"
  case insertEnvRevision = """
    INSERT INTO env_revisions (root, revision, time, principal, request_id, call, run, note,
      edits)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    """

  // MARK: Events and requests
  case eventsOfRun = """
    SELECT number, event, time, run, namespace, application, workflow, version, kind, node,
      attempt, from_status, to_status, reason, cause, item, item_attempt, names
    FROM events WHERE run = ?1 AND event > ?2 ORDER BY event LIMIT ?3
    """
  case events = """
    SELECT number, event, time, run, namespace, application, workflow, version, kind, node,
      attempt, from_status, to_status, reason, cause, item, item_attempt, names
    FROM events WHERE number > ?1 ORDER BY number LIMIT ?2
    """
  case insertEvent = """
    INSERT INTO events (number, event, time, run, namespace, application, workflow, version,
      kind, node, attempt, from_status, to_status, reason, cause, item, item_attempt, names)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
    """
  case oldestEvent = "SELECT min(number) FROM events"
  case counter = "SELECT value FROM counters WHERE name = ?1"
  case setCounter = """
    INSERT INTO counters (name, value) VALUES (?1, ?2)
    ON CONFLICT DO UPDATE SET value = excluded.value
    """
  case request = "SELECT hash, answer FROM requests WHERE scope = ?1 AND id = ?2"
  case insertRequest = """
    INSERT INTO requests (scope, id, hash, answer, time) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET hash = excluded.hash, answer = excluded.answer,
      time = excluded.time
    """

  // MARK: Tokens
  case tokenAccount = """
    SELECT last_seq, used, history, last_time FROM token_accounts WHERE run = ?1
    """
  case setTokenAccount = """
    INSERT INTO token_accounts (run, last_seq, used, history, last_time)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq, used = excluded.used,
      history = excluded.history, last_time = excluded.last_time
    """
  case tokenEntry = """
    SELECT attempt, bytes, seq FROM token_entries
    WHERE run = ?1 AND scope = ?2 AND key = ?3 AND node = ?4
    """
  case insertTokenEntry = """
    INSERT INTO token_entries (run, scope, key, node, attempt, seq, bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    """
  case updateTokenEntry = """
    UPDATE token_entries SET attempt = ?5, seq = ?6, bytes = ?7
    WHERE run = ?1 AND scope = ?2 AND key = ?3 AND node = ?4
    """
  case insertTokenPut = """
    INSERT INTO token_puts (run, seq, scope, key, node, attempt, time, value)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    """
  case allTokenPuts = """
    SELECT seq, scope, key, node, attempt, time, value FROM token_puts
    WHERE run = ?1 ORDER BY seq
    """
  case tokenPuts = """
    SELECT seq, scope, key, node, attempt, time, value FROM token_puts
    WHERE run = ?1 AND seq > ?2 AND seq <= ?3 AND (?4 IS NULL OR scope = ?4)
      AND (?5 IS NULL OR key = ?5) AND (?6 IS NULL OR node = ?6)
      AND (?7 IS NULL OR attempt = ?7)
    ORDER BY seq LIMIT ?8
    """
  case tokenPutsNewestFirst = """
    SELECT seq, scope, key, node, attempt, time, value FROM token_puts
    WHERE run = ?1 AND seq > ?2 AND seq <= ?3 AND (?4 IS NULL OR scope = ?4)
      AND (?5 IS NULL OR key = ?5) AND (?6 IS NULL OR node = ?6)
      AND (?7 IS NULL OR attempt = ?7)
    ORDER BY seq DESC LIMIT ?8
    """
  case tokenEntries = """
    SELECT p.seq, p.scope, p.key, p.node, p.attempt, p.time, p.value
    FROM token_entries AS e JOIN token_puts AS p ON p.run = e.run AND p.seq = e.seq
    WHERE e.run = ?1
    """
  case tokenEntriesOfKey = """
    SELECT p.seq, p.scope, p.key, p.node, p.attempt, p.time, p.value
    FROM token_entries AS e JOIN token_puts AS p ON p.run = e.run AND p.seq = e.seq
    WHERE e.run = ?1 AND e.scope = ?2 AND e.key = ?3
    """
  case tokenHeadsOfKey = """
    SELECT seq, scope, key, node, attempt, 0, '' FROM token_entries
    WHERE run = ?1 AND scope = ?2 AND key = ?3
    """

  // MARK: Removing runs
  case deleteRun = "DELETE FROM runs WHERE run = ?1"
  case deleteTokenAccount = "DELETE FROM token_accounts WHERE run = ?1"
  case isRemoved = "SELECT 1 FROM removed_runs WHERE run = ?1"
  case runToPurge = "SELECT run FROM removed_runs WHERE run >= x'' LIMIT 1"
  case insertRemovedRun = "INSERT INTO removed_runs (run) VALUES (?1)"
  case deleteRemovedRun = "DELETE FROM removed_runs WHERE run = ?1"
  case putsToPurge = "SELECT seq, value FROM token_puts WHERE run = ?1 ORDER BY seq LIMIT ?2"
  case purgePuts = "DELETE FROM token_puts WHERE run = ?1 AND seq <= ?2"
  case purgeEntries = """
    DELETE FROM token_entries WHERE run = ?1 AND (scope, key, node) IN (
      SELECT scope, key, node FROM token_entries WHERE run = ?1 LIMIT ?2)
    """
  case purgeEvents = """
    DELETE FROM events WHERE number IN (SELECT number FROM events WHERE run = ?1 LIMIT ?2)
    """
  case purgeAttempts = """
    DELETE FROM attempts WHERE run = ?1 AND (node, attempt) IN (
      SELECT node, attempt FROM attempts WHERE run = ?1 LIMIT ?2)
    """
  case purgeNodes = """
    DELETE FROM nodes WHERE run = ?1 AND rank IN (
      SELECT rank FROM nodes WHERE run = ?1 LIMIT ?2)
    """
  case purgeItems = """
    DELETE FROM items WHERE run = ?1 AND (node, item) IN (
      SELECT node, item FROM items WHERE run = ?1 LIMIT ?2)
    """
  case purgeItemAttempts = """
    DELETE FROM item_attempts WHERE run = ?1 AND (node, item, item_attempt) IN (
      SELECT node, item, item_attempt FROM item_attempts WHERE run = ?1 LIMIT ?2)
    """
  case purgeEnvRevisions = """
    DELETE FROM env_revisions WHERE root = ?1 AND revision IN (
      SELECT revision FROM env_revisions WHERE root = ?1 LIMIT ?2)
    """
  case purgePutRequests = """
    DELETE FROM requests WHERE (scope, id) IN (
      SELECT scope, id FROM requests WHERE scope >= ?1 AND scope < ?3 LIMIT ?2)
    """
  case forgetRequests = """
    DELETE FROM requests WHERE (scope, id) IN (
      SELECT scope, id FROM requests
      WHERE (scope < 'PutToken:' OR scope >= 'PutToken;') AND time < ?1
      ORDER BY time LIMIT ?2)
    """

  // MARK: Room
  case takeRoom = "INSERT INTO room (id, bytes) VALUES (1, zeroblob(65536))"
  case leaveRoom = "DELETE FROM room WHERE id = 1"
}

extension SQL {
  /// The place among ``allCases``: a case is stored as its number (and traps were it not one byte).
  var place: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}
