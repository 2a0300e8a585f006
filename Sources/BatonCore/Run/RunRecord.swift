/// A run as it is stored (G33; fields of the contract's run record).
package struct RunRecord: Hashable, Sendable {
  /// What never changes after the creation.
  package var header: RunHeader
  /// What transitions change.
  package var state: RunState

  package init(header: RunHeader, state: RunState) {
    self.header = header
    self.state = state
  }
}

/// The part of a run that is written once, when it is created.
package struct RunHeader: Hashable, Sendable {
  package var id: RunID
  package var workflow: WorkflowID
  /// The application version to which the run is pinned (G48).
  package var version: Int
  package var created: Timestamp
  /// The id that the trigger brought (SR40); nil: none.
  package var externalID: String?
  package var trigger: TriggerKind
  /// The name of the schedule that launched the run; nil unless `trigger` is schedule.
  package var schedule: String?
  /// How many triggered runs lie above this one (S10.3).
  package var chainDepth: Int
  /// The attempt that made this run; nil unless `trigger` is parent.
  package var parent: AttemptID?
  /// The root of the tree of runs, which the environment belongs to (RE10); itself without a
  /// parent.
  package var root: RunID
  /// Who started the run.
  package var principal: String
  /// Declared defaults overlaid by what the trigger gave (G34).
  package var arguments: [String: String]
  /// Revision 1 of the environment: file < workflow < trigger (G34, RE14); empty in a child run,
  /// which has none of its own (RE10).
  package var env: [String: String]
  /// The text that a signed trigger or caller brought (SR2); nil: none.
  package var conf: String?

  package init(
    id: RunID, workflow: WorkflowID, version: Int, created: Timestamp, externalID: String? = nil,
    trigger: TriggerKind = .manual, schedule: String? = nil, chainDepth: Int = 0,
    parent: AttemptID? = nil, root: RunID? = nil, principal: String = "",
    arguments: [String: String] = [:], env: [String: String] = [:], conf: String? = nil
  ) {
    self.id = id
    self.workflow = workflow
    self.version = version
    self.created = created
    self.externalID = externalID
    self.trigger = trigger
    self.schedule = schedule
    self.chainDepth = chainDepth
    self.parent = parent
    self.root = root ?? id
    self.principal = principal
    self.arguments = arguments
    self.env = env
    self.conf = conf
  }
}

/// The part of a run that transitions change.
package struct RunState: Hashable, Sendable {
  package var status: RunStatus
  package var started: Timestamp?
  package var suspended: Timestamp?
  package var resumed: Timestamp?
  package var stopping: Timestamp?
  package var ended: Timestamp?
  /// Why the run FAILED, was KILLED or REJECTED; nil otherwise.
  package var reason: String?
  /// Unhandled failures in the order of their recording (G37).
  package var failures: [RunFailure]
  /// How many of them, from the first, were there when the run was last opened again: they stop
  /// no siblings (RE44).
  package var olderFailures: Int
  /// What went wrong in the finish hook, as `reason: sentence` (G50); see ``finishFailure``.
  package var finishError: String?
  /// The order to stop the run; nil: none was given.
  package var stop: StopOrder?
  /// Accepted re-run and skip calls (RE120).
  package var reruns: Int
  package var skips: Int
  /// The newest ends of the run, oldest first: at most ``maximumEnds`` (RE120).
  package var ends: [RunEnd]
  /// The number of the run's newest event; 1 is the creation.
  package var lastEvent: Int

  /// How many ends are kept (RE120).
  package static let maximumEnds = 100

  package init(status: RunStatus) {
    self.status = status
    failures = []
    olderFailures = 0
    reruns = 0
    skips = 0
    ends = []
    lastEvent = 0
  }
}

/// One end of a run; a run that is re-run ends more than once (RE120, RE121).
package struct RunEnd: Hashable, Sendable {
  /// From 1.
  package var number: Int
  package var status: RunStatus
  package var time: Timestamp

  package init(number: Int, status: RunStatus, time: Timestamp) {
    self.number = number
    self.status = status
    self.time = time
  }
}

extension RunState {
  /// What went wrong in the finish hook; nil: nothing did (G50).
  ///
  /// It names no node and no attempt, because none of a node failed.
  package var finishFailure: RunFailure? {
    guard let text = finishError else { return nil }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let message = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
    return RunFailure(node: "", attempt: 0, reason: String(parts[0]), message: String(message))
  }
}

/// An unhandled failure of a run (G37).
package struct RunFailure: Codable, Hashable, Sendable {
  /// The node that failed; empty where no node did.
  package var node: String
  /// The attempt that failed; 0 where no node did.
  package var attempt: Int
  package var reason: String
  package var message: String

  package init(node: String, attempt: Int, reason: String, message: String) {
    self.node = node
    self.attempt = attempt
    self.reason = reason
    self.message = message
  }

  /// That of a node whose attempt failed.
  init(_ attempt: AttemptRecord) {
    self.init(
      node: attempt.id.node, attempt: attempt.id.attempt, reason: attempt.reason ?? "",
      message: attempt.message ?? "")
  }
}

/// An attempt of a node of a run; a program run (`RUN:NODE:ATTEMPT`).
package struct AttemptID: Hashable, Sendable, Codable {
  package var run: RunID
  /// The node's name, or the workflow's for a hook (T6).
  package var node: String
  /// 1, 2, … per node (G39).
  package var attempt: Int
  /// Which item of `for_each` is executed; nil: the attempt is one of the node itself (RE106).
  package var item: Item?

  package init(run: RunID, node: String, attempt: Int, item: Item? = nil) {
    self.run = run
    self.node = node
    self.attempt = attempt
    self.item = item
  }

  /// One execution of an item of `for_each`.
  package struct Item: Hashable, Sendable, Codable {
    /// The item's place in the list, from 0.
    package var index: Int
    /// 1, 2, … per index, over all passes (RE106).
    package var attempt: Int

    package init(index: Int, attempt: Int) {
      self.index = index
      self.attempt = attempt
    }
  }

  /// The attempt of the node, which is one pass over the items (RE106); itself without an item.
  package var pass: AttemptID { AttemptID(run: run, node: node, attempt: attempt) }
}

extension AttemptID: CustomStringConvertible {
  /// `RUN:NODE:ATTEMPT`, with `:INDEX.ATTEMPT` of the item behind.
  package var description: String {
    let text = "\(run):\(node):\(attempt)"
    return item.map { "\(text):\($0.index).\($0.attempt)" } ?? text
  }
}
