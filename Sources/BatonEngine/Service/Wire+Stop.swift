internal import BatonCore
internal import BatonStore
internal import BatonWire

extension Wire.StopReport {
  /// Attempts that one answer has (CT6).
  private static let maximumAttempts = 1000

  /// What the stop of a run has ended, as far as it has come; nil: the run was never stopped.
  ///
  /// - Throws: what the reader throws.
  init?(_ run: BatonCore.RunRecord, _ reader: any StoreReader) throws {
    guard let stop = run.state.stop else { return nil }
    self.init()
    // A run that had not begun was ended at once.
    let began = run.state.stopping ?? run.state.ended
    let concerned = try Self.attempts(of: run.header.id, reader)
      .filter { $0.isEnded(byStopAt: began) }
    attempts = concerned.prefix(Self.maximumAttempts).map(Wire.StopAttempt.init)
    attemptsTotal = UInt32(clamping: concerned.count)
    processesEnded = UInt32(
      clamping: concerned.reduce(0) { $0 + ($1.ending?.processesEnded ?? 0) })
    survivorsTotal = UInt32(
      clamping: concerned.reduce(0) { $0 + ($1.ending?.survivors.count ?? 0) })
    proven = !stop.isForced && concerned.allSatisfy(\.isProvenGone)
    self.began = began?.milliseconds ?? 0
    if let began, let ended = run.state.ended, !run.state.status.isActive {
      durationMs = max(0, ended.milliseconds - began.milliseconds)
    }
    principal = stop.principal
    reason = stop.reason
    forced = stop.isForced
  }

  /// The attempts with processes of their own, of a run and of those below it (SR122).
  private static func attempts(
    of run: RunID, _ reader: any StoreReader
  ) throws -> [BatonCore.AttemptRecord] {
    var found: [BatonCore.AttemptRecord] = []
    var runs = [run]
    while let next = runs.popLast() {
      found += try reader.attempts(of: next, node: nil).filter { $0.child == nil }
      runs += try reader.children(of: next).reversed()
    }
    return found
  }
}

extension BatonCore.AttemptRecord {
  /// Whether a stop has ended the attempt, or has yet to; those that had ended do not count.
  fileprivate func isEnded(byStopAt began: Timestamp?) -> Bool {
    if status == .running || killReason == "run_stopped" { return true }
    guard ending != nil, let began, let ended else { return false }
    return ended >= began
  }

  /// Whether nothing of the attempt can be left (SR123).
  fileprivate var isProvenGone: Bool {
    guard let ending else { return false }
    if ending.means == .neverStarted { return true }
    return ending.proof != .none && ending.survivors.isEmpty
  }
}

extension Wire.StopAttempt {
  init(_ attempt: BatonCore.AttemptRecord) {
    self.init()
    runID = attempt.id.run.description
    node = attempt.id.node
    self.attempt = UInt32(clamping: attempt.id.attempt)
    endedBy = Wire.StopMeans(attempt.ending?.means)
    processesEnded = UInt32(clamping: attempt.ending?.processesEnded ?? 0)
    survivors = (attempt.ending?.survivors ?? []).map(Wire.Survivor.init)
    durationMs = attempt.ending?.durationMS ?? 0
    proof = Wire.StopProof(attempt.ending?.proof ?? AttemptEnding.Proof.none)
  }
}

extension Wire.Survivor {
  init(_ survivor: AttemptEnding.Survivor) {
    self.init(pid: Int64(survivor.pid), command: survivor.command)
  }
}

extension Wire.StopMeans {
  /// Nil: the attempt has not ended.
  init(_ means: AttemptEnding.Means?) {
    self =
      switch means {
      case nil: .unspecified
      case .itself?: .itself
      case .term?: .term
      case .kill?: .kill
      case .neverStarted?: .neverStarted
      case .worker?: .worker
      }
  }
}

extension Wire.StopProof {
  init(_ proof: AttemptEnding.Proof) {
    self =
      switch proof {
      case .cgroup: .cgroup
      case .processScan: .processScan
      case .remote: .remote
      case .none: .none
      }
  }
}
