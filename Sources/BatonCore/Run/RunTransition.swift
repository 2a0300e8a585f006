/// What one step of a run changes: stored in one transaction, before anything it implies happens.
package struct RunTransition: Sendable {
  /// Changes to store, in order.
  package var changes: [RunChange] = []
  /// The run's state after the step, when it changed, and the status stored before.
  package var state: (RunState, expecting: RunStatus)?
  /// Nodes after the step, where they changed.
  package var nodes: [NodeRecord] = []
  /// Events to append, in order.
  package var events: [EventRecord] = []
  /// What to do once the changes are durable, in order.
  package var actions: [RunAction] = []

  /// Whether there is nothing to store.
  package var isEmpty: Bool {
    changes.isEmpty && state == nil && nodes.isEmpty && events.isEmpty
  }
}

/// A change to attempts, items, the token or the environment; the order among them is part of the
/// meaning.
package enum RunChange: Sendable, Hashable {
  /// An attempt as it started, or as it ended when it did so in the same step.
  case insertAttempt(AttemptRecord)
  case updateAttempt(AttemptRecord)
  /// A report of an attempt that has ended otherwise (RE46).
  case recordLate(AttemptID, LateReport)
  /// An item as it is from now on (RE106).
  case putItem(ItemRecord)
  /// A further revision of the environment (RE14).
  case insertEnvRevision(EnvRevision)
  /// Entries of the platform are never refused (T30).
  case put(TokenPutBatch, exempt: Bool)
  /// What a node publishes with the last outcome of a chain (RE96).
  case publish(TokenPutBatch)
}

/// What a run asks its driver to do.
package enum RunAction: Sendable, Hashable {
  /// Start the attempt's program.
  case launch(AttemptID)
  /// End the attempt's processes; the intent is already recorded.
  case kill(AttemptID, graceMS: Int64, reason: String)
  /// Report `attemptTimedOut` at that time, unless the attempt has ended (RE93).
  case setDeadline(AttemptID, Timestamp)
  /// Report `delayOver` of a node at that time.
  case setWake(node: String, Timestamp)
  /// The delay of a node matters no more.
  case removeWake(node: String)
  /// The attempt's files may go, and its time matters no more.
  case removeFiles(AttemptID)
  /// The time of an attempt without files, because a child run carries it out, matters no more.
  case removeDeadline(AttemptID)
  /// The attempt has ended for the run, although something of it may be left (SR124).
  case abandon(AttemptID)
  /// Send the attempt to the worker that leased it (CT21).
  case assign(AttemptID)
  /// Have the worker give up the attempt; the intent is already recorded (CT24).
  case cancelLease(AttemptID, graceMS: Int64, reason: String)
  /// The lease of the attempt is over, and its time matters no more.
  case endLease(AttemptID)
  /// The run has ended; nothing more will come.
  case ended
}

/// How an attempt ended, as its executor reports it.
package struct AttemptOutcome: Sendable, Hashable {
  package var status: AttemptStatus
  package var reason: String?
  package var message: String?
  /// What went wrong beside the reason; noted behind the message, whatever the reason (T51, G57).
  package var defect: String?
  package var exitCode: Int?
  package var leftoverKilled: Int
  /// What ending its processes took; nil: nothing had to be ended.
  package var ending: AttemptEnding?
  /// Limits of G65 that the host could enforce in no way, by their names.
  package var limitsUnenforced: [String] = []
  /// Keys that the token of the child run did not have (RE111).
  package var exportMissing: [String] = []
  /// What the worker's last sign of life said; nil: no worker executed the attempt (CT22).
  package var heartbeat: Heartbeat?
  /// What a condition decided; nil: no condition, or undecided.
  package var decision: Bool?
  /// USER entries recorded with the outcome (T43).
  ///
  /// They are those of the token file, or the `put` of a NOOP or condition.
  package var puts: [TokenPutBatch.Entry]

  package init(
    status: AttemptStatus, reason: String? = nil, message: String? = nil, exitCode: Int? = nil,
    leftoverKilled: Int = 0, ending: AttemptEnding? = nil, decision: Bool? = nil,
    puts: [TokenPutBatch.Entry] = []
  ) {
    self.status = status
    self.reason = reason
    self.message = message
    self.exitCode = exitCode
    self.leftoverKilled = leftoverKilled
    self.ending = ending
    self.decision = decision
    self.puts = puts
  }

  /// What a worker tells of an attempt while it executes it.
  package struct Heartbeat: Hashable, Sendable {
    /// 0…100.
    package var progress: Int
    /// At most 1,024 bytes.
    package var note: String

    package init(progress: Int = 0, note: String = "") {
      self.progress = progress
      self.note = note
    }
  }

  /// The outcome without its entries, because they cannot be recorded (T51, G21).
  ///
  /// An attempt that would be COMPLETED is FAILED with the reason; another keeps its own.
  package func withoutPuts(_ reason: String, _ message: String) -> AttemptOutcome {
    var refused = self
    refused.puts = []
    if status == .completed {
      refused.status = .failed
      refused.reason = reason
      refused.message = message
      refused.decision = nil
    } else {
      let fault = "\(reason): \(message)"
      refused.defect = defect.map { "\($0); \(fault)" } ?? fault
    }
    return refused
  }

  /// An attempt that could not be made or evaluated.
  package static func failed(_ reason: String, _ message: String) -> AttemptOutcome {
    AttemptOutcome(status: .failed, reason: reason, message: message)
  }
}
