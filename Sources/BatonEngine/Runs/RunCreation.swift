internal import BatonCore
internal import BatonStore

/// A run with everything that the unit of its creation stores (G33, G35, G36).
///
/// A run that no bound may hold back begins in that unit: what follows at once from its creation
/// (PENDING, STARTING, RUNNING, nodes that execute nothing) is an event each, but the rows are
/// written as they are in the end. The rest is its driver's.
struct RunCreation: Sendable {
  let record: RunRecord
  let plan: RunPlan
  /// What is to be done once the creation is durable.
  let actions: [RunAction]
  /// The run as it is stored; nil: nothing is left to drive, because it has ended.
  let machine: RunMachine?
  /// Whether the next step is due at once.
  let isDue: Bool
  private let nodes: [NodeRecord]
  private let events: [EventRecord]
  /// The step that the run takes with its creation; nil: none.
  private let step: RunTransition?

  /// - Parameters:
  ///   - created: The run, PENDING or REJECTED.
  ///   - plan: The version to which it is pinned.
  ///   - engine: What executes it.
  ///   - now: The commit time of the unit.
  init(_ created: CreatedRun, _ plan: RunPlan, _ engine: Engine, now: Timestamp) {
    self.plan = plan
    var record = created.record
    let machine = RunMachine(plan: plan, run: record, nodes: created.nodes, attempts: [])
    guard record.state.status == .pending, ActiveRunBound(plan.workflow) == nil else {
      self.record = record
      self.machine = record.state.status.isActive ? machine : nil
      (nodes, events) = (created.nodes, [created.event])
      (step, actions, isDue) = (nil, [], false)
      return
    }
    var stepper = RunStepper(creating: machine, engine: engine, now: now)
    stepper.apply([.begin])
    let transition = stepper.machine.takeTransition()
    step = transition
    record.state = stepper.machine.state
    self.record = record
    nodes = stepper.machine.nodes
    events = [created.event] + transition.events
    actions = transition.actions
    isDue = stepper.hasMore
    self.machine = record.state.status.isActive ? stepper.machine : nil
  }

  /// Writes the run within its unit of work.
  ///
  /// - Throws: ALREADY_EXISTS `run_id_taken`, and what the store throws.
  func store(_ writer: any StoreWriter, _ limits: TokenLimits) throws {
    try writer.insertRun(record, nodes: nodes)
    try step?.storeChanges(writer, limits)
    try writer.appendEvents(events)
  }
}
