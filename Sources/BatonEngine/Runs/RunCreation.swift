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
  let tree: RunTree?
  /// Whether the next step is due at once.
  let isDue: Bool
  /// Revision 1 of the environment, where more is known of it than the run's header tells; nil:
  /// the header tells all.
  private let revision: EnvRevision?
  private let nodes: [NodeRecord]
  private let events: [EventRecord]
  /// The step that the run takes with its creation; nil: none.
  private let step: RunTransition?

  /// - Parameters:
  ///   - created: The run, PENDING or REJECTED.
  ///   - plan: The version to which it is pinned.
  ///   - engine: What executes it.
  ///   - secret: Names of its environment whose values are secret (RE16).
  ///   - requestID: That of the call.
  ///   - now: The commit time of the unit.
  init(
    _ created: CreatedRun, _ plan: RunPlan, _ engine: Engine, secret: Set<String> = [],
    requestID: String = "", now: Timestamp
  ) {
    self.plan = plan
    var record = created.record
    let environment = RunEnvironment(values: record.header.env, secret: secret)
    revision = secret.isEmpty ? nil : EnvRevision(created.record.header, environment, requestID)
    let machine = RunMachine(plan: plan, run: record, nodes: created.nodes, attempts: [])
    guard record.state.status == .pending, ActiveRunBound(plan.workflow) == nil else {
      self.record = record
      tree = record.state.status.isActive ? RunTree(machine, environment: environment) : nil
      (nodes, events) = (created.nodes, [created.event])
      (step, actions, isDue) = (nil, [], false)
      return
    }
    var stepper = RunStepper(
      creating: RunTree(machine, environment: environment), engine: engine, now: now)
    stepper.apply([.begin(record.header.id)])
    let transition = stepper.takeTransition().root
    step = transition
    record.state = stepper.machine.state
    self.record = record
    nodes = stepper.machine.nodes
    events = [created.event] + transition.events
    actions = transition.actions
    isDue = !stepper.unfinished.isEmpty
    tree = record.state.status.isActive ? stepper.tree : nil
  }

  /// Writes the run within its unit of work.
  ///
  /// - Throws: ALREADY_EXISTS `run_id_taken`, and what the store throws.
  func store(_ writer: any StoreWriter, _ limits: TokenLimits) throws {
    try writer.insertRun(record, nodes: nodes)
    if let revision { try writer.insertEnvRevision(revision) }
    try step?.storeChanges(writer, limits)
    try writer.appendEvents(events)
  }
}

extension EnvRevision {
  /// The revision that is made with a run (RE14).
  fileprivate init(
    _ header: RunHeader, _ environment: RunEnvironment, _ requestID: String
  ) {
    let names = Set(environment.values.keys).union(environment.secret)
    self.init(
      root: header.id, number: 1, time: header.created, principal: header.principal,
      requestID: requestID, call: .trigger, run: header.id,
      edits: names.sorted().map {
        EnvEdit(
          name: $0, old: nil, new: environment.values[$0],
          isSecret: environment.secret.contains($0))
      })
  }
}
