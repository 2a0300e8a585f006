internal import BatonCore
internal import BatonStore
internal import BatonWire

extension Wire.RunRecord {
  /// The fields that every reader of runs gets (contract: run record, B).
  init(short run: BatonCore.RunRecord) {
    self.init()
    let header = run.header
    let state = run.state
    runID = header.id.description
    externalRunID = header.externalID ?? ""
    status = Wire.RunStatus(state.status)
    version = UInt32(clamping: header.version)
    created = header.created.milliseconds
    started = state.started?.milliseconds ?? 0
    suspended = state.suspended?.milliseconds ?? 0
    resumed = state.resumed?.milliseconds ?? 0
    stopping = state.stopping?.milliseconds ?? 0
    ended = state.status.isActive ? 0 : state.ended?.milliseconds ?? 0
    trigger = Wire.RunTrigger(header.trigger)
    schedule = header.schedule ?? ""
    chainDepth = UInt32(clamping: header.chainDepth)
    parentRunID = header.parent?.run.description ?? ""
    node = header.parent?.node ?? ""
    attempt = UInt32(clamping: header.parent?.attempt ?? 0)
    reason = state.reason ?? ""
    reruns = UInt32(clamping: state.reruns)
    skips = UInt32(clamping: state.skips)
  }

  /// The fields of lists (contract: run record, B and L).
  init(listed run: BatonCore.RunRecord) {
    self.init(short: run)
    namespace = run.header.workflow.namespace
    application = run.header.workflow.application
    workflow = run.header.workflow.workflow
    principal = run.header.principal
  }

  /// A program run (B4.2, B4.3).
  init(_ attempt: BatonCore.AttemptRecord, version: Int) {
    self.init()
    runID = attempt.id.description
    status = Wire.RunStatus(attempt.status)
    self.version = UInt32(clamping: version)
    created = attempt.started.milliseconds
    started = attempt.started.milliseconds
    ended = attempt.ended?.milliseconds ?? 0
    trigger = .parent
    parentRunID = attempt.id.run.description
    node = attempt.id.node
    self.attempt = UInt32(clamping: attempt.id.attempt)
    reason = attempt.reason ?? ""
  }
}

extension Wire.RunRecord {
  /// A program run with the fields of lists.
  init(_ attempt: BatonCore.AttemptRecord, listedOf run: BatonCore.RunRecord) {
    self.init(attempt, version: run.header.version)
    namespace = run.header.workflow.namespace
    application = run.header.workflow.application
    programType = attempt.program?.type.rawValue ?? ""
    programID = attempt.program?.id ?? ""
    principal = run.header.principal
  }
}

extension Wire.RunDetails {
  /// Failures that one answer has (CT6).
  private static let maximumFailures = 100

  /// The fields of GetRun alone (contract: run record, G).
  ///
  /// - Throws: what the reader throws.
  init(_ run: BatonCore.RunRecord, _ reader: any StoreReader) throws {
    self.init()
    arguments = run.header.arguments
    if let environment = try reader.environment(of: run.header.root) {
      env = environment.shown
      envRevision = UInt32(clamping: environment.revision)
    }
    conf = run.header.conf ?? ""
    confOnly = try RunInputs.confOnly(run.header)
    failure = run.state.failures.first.map(Wire.RunFailure.init)
    failures = run.state.failures.prefix(Self.maximumFailures)
      .map(Wire.RunFailure.init)
    failuresTotal = UInt32(clamping: run.state.failures.count)
    finishError = run.state.finishError.map {
      Wire.RunFailure(node: "", attempt: 0, reason: "", message: $0)
    }
    ends = run.state.ends.map {
      Wire.RunEnd(
        number: UInt32(clamping: $0.number), status: Wire.RunStatus($0.status),
        time: $0.time.milliseconds)
    }
    endsTotal = ends.last?.number ?? 0
    stopReport = try Wire.StopReport(run, reader)
  }
}

extension Wire.RunFailure {
  init(_ failure: BatonCore.RunFailure) {
    self.init(
      node: failure.node, attempt: UInt32(clamping: failure.attempt), reason: failure.reason,
      message: failure.message)
  }
}

extension Wire.NodeRecord {
  /// Attempts of a node that one answer has (CT6).
  private static let maximumAttempts = 100

  init(
    _ node: BatonCore.NodeRecord, _ step: RunPlan.Step, attempts: [BatonCore.AttemptRecord]
  ) {
    self.init()
    self.node = node.node
    program = step.program?.id ?? ""
    programType = step.program?.type.rawValue ?? ""
    condition = step.isCondition
    status = Wire.NodeStatus(node.status)
    reason = node.reason ?? ""
    outcome = Wire.ConditionOutcome(node.outcome)
    attemptsTotal = UInt32(clamping: node.attempts)
    self.attempts = attempts.suffix(Self.maximumAttempts).map(Wire.AttemptRecord.init)
    wakeTime = node.wakes?.milliseconds ?? 0
    held = node.isHeld
    obsolete = node.isObsolete
    rerun = Wire.NodeRerun(node)
  }
}

extension Wire.NodeRerun {
  /// The call to which the chain under way, or to come, is due; nil: no re-run is in progress.
  init?(_ node: BatonCore.NodeRecord) {
    guard !node.status.hasEnded, let call = node.chain.call else { return nil }
    self.init(
      cause: Wire.AttemptCause(node.chain.cause), principal: call.principal,
      time: call.time.milliseconds, requestID: call.requestID, note: call.note)
  }
}

extension Wire.AttemptRecord {
  init(_ attempt: BatonCore.AttemptRecord) {
    self.init()
    self.attempt = UInt32(clamping: attempt.id.attempt)
    cause = Wire.AttemptCause(attempt.cause)
    chain = UInt32(clamping: attempt.chain)
    status = Wire.AttemptStatus(attempt.status)
    reason = attempt.reason ?? ""
    message = attempt.message ?? ""
    envRevision = UInt32(clamping: attempt.envRevision)
    principal = attempt.call?.principal ?? ""
    requestID = attempt.call?.requestID ?? ""
    note = attempt.call?.note ?? ""
    started = attempt.started.milliseconds
    ended = attempt.ended?.milliseconds ?? 0
    if let code = attempt.exitCode {
      exitChoice = code < 0 ? .signal(Int32(clamping: -code)) : .exitCode(Int32(clamping: code))
    }
    host = attempt.host ?? ""
    leftoverKilled = UInt32(clamping: attempt.leftoverKilled)
    survivors = (attempt.ending?.survivors ?? []).map(Wire.Survivor.init)
    limitsUnenforced = attempt.limitsUnenforced
    childRunID = attempt.child?.description ?? ""
    late = attempt.late.map(Wire.LateReport.init)
    lateTotal = UInt32(clamping: attempt.lateTotal)
    predecessorUnproven = attempt.isPredecessorUnproven
    exportMissing = attempt.exportMissing
    progress = UInt32(clamping: attempt.lease?.progress ?? 0)
    progressNote = attempt.lease?.note ?? ""
  }
}

extension Wire.LateReport {
  init(_ report: BatonCore.LateReport) {
    self.init(
      time: report.time.milliseconds, sender: report.sender,
      outcome: Wire.AttemptStatus(report.outcome),
      exitCode: report.exitCode.map { Int32(clamping: $0) })
  }
}

extension Wire.RunEvent {
  init(_ record: EventRecord) {
    self.init()
    event = UInt64(clamping: record.event)
    number = record.number
    time = record.time.milliseconds
    runID = record.run?.description ?? ""
    switch record.change {
    case .run(let from, let to, let reason, let cause):
      kind = .run
      self.from = from?.word ?? ""
      self.to = to.word
      self.reason = reason ?? ""
      self.cause = cause ?? ""
    case .node(let name, let from, let to, let reason):
      kind = .node
      node = name
      self.from = from.word
      self.to = to.word
      self.reason = reason ?? ""
    case .attempt(let name, let number, let item, let from, let to, let reason, let cause):
      kind = .attempt
      node = name
      attempt = UInt32(clamping: number)
      self.from = from?.word ?? ""
      self.to = to.word
      self.reason = reason ?? ""
      self.cause = cause.word
      show(item)
    case .attemptLate(let name, let number, let item, let outcome):
      kind = .attemptLate
      node = name
      attempt = UInt32(clamping: number)
      to = outcome.word
      show(item)
    case .env(let revision, let call, let names):
      kind = .env
      self.revision = UInt32(clamping: revision)
      self.call = Wire.EnvCall(call)
      self.names = names
    case .applicationDeployed: kind = .appDeployed
    case .applicationDeleted: kind = .appDeleted
    }
  }

  private mutating func show(_ shown: AttemptID.Item?) {
    guard let shown else { return }
    item = UInt32(clamping: shown.index)
    itemAttempt = UInt32(clamping: shown.attempt)
  }
}
