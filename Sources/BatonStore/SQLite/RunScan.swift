internal import BatonCore

/// The index range scans behind lists of runs and of program runs (performance P10).
///
/// A list is one scan, or the merge of a few that differ in one value; each walks an index in the
/// order of the list and stops at the limit.
enum RunScan: CaseIterable {
  /// Runs of a workflow.
  case workflow
  /// Runs of a workflow in one status, those that attempts of other runs made apart.
  case workflowStatus
  /// Runs of a workflow in one status that attempts of other runs made.
  case workflowStatusChildren
  /// Ended runs of a workflow with one version, in one status.
  case workflowVersionStatus
  /// Runs of a namespace in one status.
  case namespaceStatus
  /// Runs made by attempts of a run.
  case parent
  /// Runs whose ids lie in a range.
  case idRange
  /// Program runs in one status.
  case program
  /// Ended program runs of one version in one status.
  case programVersionStatus

  /// What stands before the values that a caller gives: upper bound, lower bound, limit.
  private var conditions: [String] {
    switch self {
    case .workflow: ["namespace = ?4", "application = ?5", "workflow = ?6"]
    case .workflowStatus: Self.workflowStatusConditions + ["root IS NULL"]
    case .workflowStatusChildren: Self.workflowStatusConditions + ["root IS NOT NULL"]
    case .workflowVersionStatus:
      [
        "namespace = ?4", "application = ?5", "workflow = ?6", "version = ?7", "status IS ?8",
        "status > 6",
      ]
    case .namespaceStatus: ["namespace = ?4", "status = ?5"]
    case .parent: ["parent_run = ?4"]
    case .idRange: []
    case .program: Self.programConditions + ["status = ?9"]
    case .programVersionStatus:
      Self.programConditions + ["version = ?10", "status IS ?9", "status > 1"]
    }
  }

  /// The statement.
  ///
  /// Parameters 1 and 2 are the place before which runs are listed, 3 the earliest creation.
  /// Program runs have their tail in 4; `idRange` takes bounds of ids in 1 and 2. Where an index
  /// holds only ended runs, the status is compared by `IS`: SQLite would put the value of an
  /// equation into the condition of the index and not find it any more.
  var sql: String {
    let conditions = conditions.joined(separator: " AND ")
    switch self {
    case .program, .programVersionStatus:
      return """
        SELECT run, node, attempt, status, cause, chain, reason, message, started, ended,
          exit_code, host, view_seq, program_type, program_id, credential, used, leftover,
          kill_reason, hook, ending, unenforced, version, env_revision, details
        FROM attempts WHERE \(conditions) AND program_id IS NOT NULL
          AND (started, run, tail) < (?1, ?2, ?4) AND started >= ?3
        ORDER BY started DESC, run DESC, tail DESC
        """
    case .idRange:
      return "\(columns) FROM runs WHERE run >= ?1 AND run <= ?2 ORDER BY run DESC"
    case .workflow, .workflowStatus, .workflowStatusChildren, .workflowVersionStatus,
      .namespaceStatus, .parent:
      return """
        \(columns) FROM runs WHERE \(conditions)
          AND (created, run) < (?1, ?2) AND created >= ?3
        ORDER BY created DESC, run DESC
        """
    }
  }

  private static let workflowStatusConditions = [
    "namespace = ?4", "application = ?5", "workflow = ?6", "status = ?7",
  ]

  private static let programConditions = [
    "namespace = ?5", "application = ?6", "program_type = ?7", "program_id = ?8",
  ]

  private var columns: String {
    """
    SELECT run, namespace, application, workflow, version, status, created, external_id,
      cause, schedule, chain_depth, parent_run, parent_node, parent_attempt, principal,
      started, suspended, resumed, stopping, ended, reason, failures, finish_error, reruns,
      skips, last_event, details, stop, root, ends, parent_item, parent_item_attempt
    """
  }
}

extension RunQuery {
  /// The place before which runs are listed: that of `before` or of `until`, the earlier.
  var upperBound: RunCursor {
    let none = RunCursor(
      created: Timestamp(milliseconds: .max), id: RunID(high: .max, low: .max))
    let time = until.map { RunCursor(created: $0, id: RunID(high: 0, low: 0)) } ?? none
    return min(before ?? none, time)
  }

  /// The lowest and the highest id with the prefix; nil: no id has it.
  var idBounds: (RunID, RunID)? {
    guard let idPrefix else { return nil }
    var low = ""
    var high = ""
    var rest = idPrefix.utf8.makeIterator()
    for position in 0..<36 {
      let isDash = position == 8 || position == 13 || position == 18 || position == 23
      let given = rest.next().map { String(UnicodeScalar($0)) }
      if isDash, given != nil, given != "-" { return nil }
      low += isDash ? "-" : given ?? fill(position, lowest: true)
      high += isDash ? "-" : given ?? fill(position, lowest: false)
    }
    guard rest.next() == nil, let low = RunID(low), let high = RunID(high) else { return nil }
    return (low, high)
  }

  /// A digit that keeps the text an id of version 7.
  private func fill(_ position: Int, lowest: Bool) -> String {
    switch position {
    case 14: "7"
    case 19: lowest ? "8" : "b"
    default: lowest ? "0" : "f"
    }
  }
}
