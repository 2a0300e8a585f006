internal import BatonCore
internal import BatonWire

extension Wire.Plan {
  /// Elements of each list that one answer has, and items in all of it (RE130).
  private static let maximumElements = 1000
  private static let maximumItems = 10_000

  /// What a call does, or would do.
  init(_ answer: OrderAnswer, isDryRun: Bool) {
    self.init()
    dryRun = isDryRun
    guard let plan = answer.plan else { return }
    runs = plan.runs.prefix(Self.maximumElements).map {
      Wire.PlanRun(
        runID: $0.run.description, workflow: $0.workflow.workflow, from: Wire.RunStatus($0.from),
        to: Wire.RunStatus($0.to))
    }
    runsTotal = UInt32(clamping: plan.runs.count)
    var room = Self.maximumItems
    attempts = plan.attempts.prefix(Self.maximumElements).map {
      let items = $0.items.prefix(room)
      room -= items.count
      return Wire.PlanAttempt($0, items: items.map { UInt32(clamping: $0) })
    }
    attemptsTotal = UInt32(clamping: plan.attempts.count)
    itemsTotal = UInt32(clamping: plan.attempts.reduce(0) { $0 + $1.items.count })
    reevaluated = plan.reevaluated.prefix(Self.maximumElements).map(Wire.PlanNode.init)
    reevaluatedTotal = UInt32(clamping: plan.reevaluated.count)
    untouched = plan.untouched.prefix(Self.maximumElements).map(Wire.PlanNode.init)
    untouchedTotal = UInt32(clamping: plan.untouched.count)
    envRevision = UInt32(clamping: plan.envRevision)
    changes = plan.edits.map { Wire.EnvEdit($0, secret: answer.environment?.secret ?? []) }
    reruns = UInt32(clamping: plan.reruns)
    skips = UInt32(clamping: plan.skips)
  }
}

extension Wire.PlanAttempt {
  init(_ attempt: CallPlan.Attempt, items: [UInt32]) {
    let starts: Wire.PlanStart =
      switch attempt.starts {
      case .now: .now
      case .afterUpstream: .afterUpstream
      case .onResume: .onResume
      }
    self.init(
      runID: attempt.run.description, node: attempt.node,
      number: UInt32(clamping: attempt.number), cause: Wire.AttemptCause(attempt.cause),
      starts: starts, items: items)
  }
}

extension Wire.PlanNode {
  init(_ node: CallPlan.NodeID) {
    self.init(runID: node.run.description, node: node.node)
  }
}
