internal import BatonCore

extension RunQuery {
  /// Whether a run passes every filter; its place in the order is not judged.
  func matches(_ run: RunRecord) -> Bool {
    let header = run.header
    return header.workflow.namespace == namespace
      && (application == nil || application == header.workflow.application)
      && (workflow == nil || workflow == header.workflow.workflow)
      && (version == nil || version == header.version)
      && (statuses.isEmpty || statuses.contains(run.state.status))
      && header.created >= since ?? header.created
      && (until.map { header.created < $0 } ?? true)
      && (trigger == nil || trigger == header.trigger)
      && (parent == nil || parent == header.parent?.run)
      && (externalID == nil || externalID == header.externalID)
      && (idPrefix.map { header.id.description.hasPrefix($0) } ?? true)
  }
}

extension ProgramRunQuery {
  /// Whether an attempt passes the filters of attempts and comes after `before`.
  func matches(_ attempt: AttemptRecord) -> Bool {
    attempt.program == program
      && (statuses.isEmpty || statuses.contains(attempt.status))
      && attempt.started >= since ?? attempt.started
      && (until.map { attempt.started < $0 } ?? true)
      && (before.map { ProgramRunOrder(attempt) < ProgramRunOrder($0.started, $0.id) } ?? true)
  }
}

extension TokenPutQuery {
  /// Whether a put passes every filter; its place is not judged.
  func matches(_ put: TokenPut) -> Bool {
    (scope == nil || scope == put.scope)
      && (key.map { TokenBytes.areEqual($0, put.key) } ?? true)
      && (node == nil || node == put.node)
      && (attempt == nil || attempt == put.attempt)
  }
}

/// The order of program runs: start, then the text of the id (B3.1, B4.2).
struct ProgramRunOrder: Comparable {
  let started: Timestamp
  let run: RunID
  /// `NODE:ATTEMPT`, which orders ids of one run as their whole text does.
  let tail: String

  init(_ attempt: AttemptRecord) { self.init(attempt.started, attempt.id) }

  init(_ started: Timestamp, _ id: AttemptID) {
    self.started = started
    run = id.run
    tail = Self.tail(id)
  }

  /// `NODE:ATTEMPT`.
  static func tail(_ id: AttemptID) -> String { "\(id.node):\(id.attempt)" }

  static func < (left: ProgramRunOrder, right: ProgramRunOrder) -> Bool {
    if left.started != right.started { return left.started < right.started }
    if left.run != right.run { return left.run < right.run }
    return TokenBytes.precedes(left.tail, right.tail)
  }
}
