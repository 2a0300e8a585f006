internal import BatonCore
internal import BatonStore
internal import BatonWire
internal import Synchronization

/// What a stored step means for workers.
extension TreeDriver {
  /// What a step has to do with workers.
  struct WorkerPart: Sendable {
    /// Places that starts of the step have taken.
    var places: [AttemptID: WorkerPlace] = [:]
    /// Reports with what became of them.
    var reports: [(report: WorkerReport, answer: WorkerReport.Answer)] = []
    /// Reports that the next step looks at.
    var again: [WorkerReport] = []

    /// Whether an accepted report must be remembered.
    var remembersReports: Bool {
      reports.contains { report, answer in
        if case .refused = answer { false } else { report.remembering != nil }
      }
    }
  }

  /// Sends the attempt to the worker that has leased it.
  func assign(_ id: AttemptID, _ place: WorkerPlace?) {
    let found = state.withLock { state -> (AttemptRecord, TaskCredential, Wire.Assignment)? in
      guard let credential = state.credentials.removeValue(forKey: id),
        let machine = state.tree?[id.run], let attempt = machine.runningAttempt(id)
      else { return nil }
      return (attempt, credential, Wire.Assignment(attempt, machine, credential))
    }
    guard let (attempt, credential, assignment) = found, let place else { return }
    let isSent = engine.workers.assign(
      attempt, place: place, credentialHash: credential.hash, assignment)
    // Nobody has heard of it: another attempt follows, which does not count (G60).
    if !isSent { add(.neverStarted(id)) }
  }

  /// Gives back the place of an attempt that has ended.
  func endLease(_ id: AttemptID) {
    engine.deadlines.remove(.attempt(id))
    if let place = engine.workers.end(id) { engine.release([place]) }
  }

  /// Answers the reports of a step that is stored.
  func answer(_ step: Step) {
    guard !step.workers.reports.isEmpty else { return }
    let recorded = step.recordedAttempts
    for (report, answer) in step.workers.reports {
      switch answer {
      case .counts:
        guard let attempt = recorded[report.attempt] else {
          preconditionFailure("the step has not recorded \(report.attempt)")
        }
        report.completion(.success(WorkerReport.Recorded(attempt)))
      case .known(let known): report.completion(.success(known))
      case .refused(let error): report.completion(.failure(error))
      }
    }
  }
}

extension TreeDriver.Step {
  /// Attempts as the step leaves them, where it ends any.
  fileprivate var recordedAttempts: [AttemptID: AttemptRecord] {
    var recorded: [AttemptID: AttemptRecord] = [:]
    for change in transition.root.changes + transition.below.flatMap(\.transition.changes) {
      if case .updateAttempt(let attempt) = change { recorded[attempt.id] = attempt }
    }
    return recorded
  }

  /// Only accepted reports are remembered (CT7).
  func rememberReports(_ writer: any StoreWriter) throws {
    guard workers.remembersReports else { return }
    let recorded = recordedAttempts
    for (report, answer) in workers.reports {
      guard let (key, bodyHash) = report.remembering else { continue }
      let bytes: [UInt8]?
      switch answer {
      case .counts: bytes = recorded[report.attempt].map { WorkerReport.Recorded($0).bytes }
      // A first answer is remembered already; that of a repeat without an id is not.
      case .known(let known): bytes = try report.firstAnswer(writer) == nil ? known.bytes : nil
      case .refused: bytes = nil
      }
      if let bytes { try writer.remember(key, bodyHash: bodyHash, answer: bytes) }
    }
  }
}

extension Wire.Assignment {
  /// An attempt as its worker gets it (CT21, CT24); until when the lease lasts is added when it is
  /// sent.
  init(_ attempt: BatonCore.AttemptRecord, _ machine: RunMachine, _ credential: TaskCredential) {
    let header = machine.header
    let used = attempt.used ?? AttemptInputs()
    self.init()
    lease = attempt.lease?.id ?? ""
    namespace = header.workflow.namespace
    application = header.workflow.application
    version = UInt32(clamping: header.version)
    workflow = header.workflow.workflow
    runID = header.id.description
    node = attempt.id.node
    self.attempt = UInt32(clamping: attempt.id.attempt)
    program = attempt.program?.id ?? ""
    arguments = header.arguments
    properties = used.properties
    env = machine.environment.values.merging(used.env) { _, new in new }
    envRevision = UInt32(clamping: attempt.envRevision)
    conf = header.conf ?? ""
    taskToken = credential.text
    deadline = machine.deadline(of: attempt)?.milliseconds ?? 0
  }
}
