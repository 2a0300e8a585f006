internal import BatonCore
internal import BatonWire

// The words of the contract have one number on the wire and another in the store. Each is mapped by
// a case of its own, so that a word that is new in the store does not compile until it is on the
// wire as well.

extension Wire.RunStatus {
  init(_ status: BatonCore.RunStatus) {
    self =
      switch status {
      case .pending: .pending
      case .starting: .starting
      case .running: .running
      case .suspended: .suspended
      case .resuming: .resuming
      case .stopping: .stopping
      case .completed: .completed
      case .failed: .failed
      case .killed: .killed
      case .rejected: .rejected
      }
  }

  init(_ status: BatonCore.AttemptStatus) {
    self =
      switch status {
      case .running: .running
      case .completed: .completed
      case .failed: .failed
      case .killed: .killed
      }
  }
}

extension Wire.NodeStatus {
  init(_ status: BatonCore.NodeStatus) {
    self =
      switch status {
      case .pending: .pending
      case .waiting: .waiting
      case .running: .running
      case .completed: .completed
      case .failed: .failed
      case .killed: .killed
      case .skipped: .skipped
      case .upstreamFailed: .upstreamFailed
      }
  }
}

extension Wire.AttemptStatus {
  init(_ status: BatonCore.AttemptStatus) {
    self =
      switch status {
      case .running: .running
      case .completed: .completed
      case .failed: .failed
      case .killed: .killed
      }
  }
}

extension Wire.AttemptCause {
  init(_ cause: BatonCore.AttemptCause) {
    self =
      switch cause {
      case .first: .first
      case .retry: .retry
      case .recovery: .recovery
      case .rerun: .rerun
      case .downstream: .downstream
      case .handler: .handler
      case .sibling: .sibling
      case .child: .child
      case .skip: .skip
      }
  }
}

extension Wire.RunTrigger {
  init(_ trigger: TriggerKind) {
    self =
      switch trigger {
      case .manual: .manual
      case .schedule: .schedule
      case .parent: .parent
      }
  }
}

extension Wire.ConditionOutcome {
  init(_ outcome: Bool?) {
    self =
      switch outcome {
      case true?: .true
      case false?: .false
      case nil: .unspecified
      }
  }
}

extension Wire.ItemStatus {
  init(_ status: BatonCore.ItemStatus) {
    self =
      switch status {
      case .pending: .pending
      case .waiting: .waiting
      case .running: .running
      case .completed: .completed
      case .failed: .failed
      case .killed: .killed
      }
  }
}

extension Wire.EnvCall {
  init(_ call: EnvCall) {
    self =
      switch call {
      case .trigger: .trigger
      case .rerun: .rerun
      case .resume: .resume
      case .update: .update
      case .skip: .skip
      }
  }
}
