internal import BatonCore
internal import BatonStore

/// Nodes of type WORKFLOW: they start by making a run (RE110).
extension RunStepper {
  /// Starts a node, or an attempt of an item, with the run that is to carry it out.
  ///
  /// - Parameters:
  ///   - position: The node.
  ///   - program: The workflow to run.
  ///   - renderer: Replaces its templates.
  /// - Throws: `PreparationError`, and what the store throws.
  mutating func startChild(
    _ position: Int, _ program: ChildProgram, _ renderer: InputRenderer
  ) throws {
    if let child = tree.childToContinue(by: position, of: run) {
      return try goOn(with: child, position)
    }
    let arguments = try renderer.arguments(of: program)
    let child = try makeChild(program, arguments)
    machine.start(position, child: child.id, inputs: AttemptInputs(), now: now)
    guard let attempt = machine.running[position]?.id else { return }
    create(child, by: attempt)
  }

  /// The run of an attempt that starts now.
  private func makeChild(
    _ program: ChildProgram, _ given: [String: String]
  ) throws -> ChildRun {
    let levels = engine.options.maximumChildDepth
    guard tree.depth(of: run) < levels else {
      throw PreparationError(
        reason: "child_depth",
        message: "runs may be \(levels) levels deep, and this one is at the last")
    }
    let own = machine.header
    let workflow = WorkflowID(
      namespace: own.workflow.namespace,
      application: program.application ?? own.workflow.application, workflow: program.workflow)
    let plan = try plan(of: workflow)
    let id = engine.ids.next(at: now)
    var child = ChildRun(id: id, workflow: workflow, plan: plan, arguments: given)
    child.active = try active(child)
    do {
      child.arguments = try RunInputs.arguments(given, [], plan.workflow)
      try RunInputs.checkArguments(child.arguments)
      try RunInputs.checkTogether(child.arguments, tree.environment.values)
    } catch  where error.reason == "argument_missing" {
      child.missing = error.message
    } catch {
      throw PreparationError(reason: "exec_failed", message: error.message)
    }
    return child
  }

  /// The version to which the child is pinned: of the same application the parent's, else the
  /// newest.
  private func plan(of workflow: WorkflowID) throws -> RunPlan {
    let own = machine.header
    let (store, catalog) = (engine.store, engine.catalog)
    let plan = try store.read { reader in
      let isOwn = workflow.application == own.workflow.application
      let version =
        isOwn
        ? own.version
        : try reader.newestVersion(namespace: workflow.namespace, name: workflow.application)
      return try version.flatMap { try catalog.plan(workflow, version: $0, reader) }
    }
    guard let plan else {
      throw PreparationError(
        reason: "exec_failed", message: "no workflow \(workflow) is deployed")
    }
    return plan
  }

  /// Active runs of the workflow, where it refuses runs beyond its bound (G36).
  private func active(_ child: ChildRun) throws -> Int {
    guard ActiveRunBound(child.plan.workflow)?.whenFull == .reject else { return 0 }
    let count = try engine.store.read { try $0.activeRunCount(of: child.workflow) }
    return count.pending + count.begun + made(of: child.workflow)
  }
}

extension RunPlan.Step {
  /// Whether an attempt takes one of the server's slots for processes (G18).
  var needsSlot: Bool {
    switch kind {
    case .command, .conditionCommand: true
    case .noop, .expression, .workflow, .worker, .unavailable: false
    }
  }
}
