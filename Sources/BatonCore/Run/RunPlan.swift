/// What a run executes: one workflow of one application version, with everything derived from it.
///
/// Plans are immutable and shared by all runs of the version (G48).
package final class RunPlan: Sendable {
  package let application: Application
  package let workflow: Workflow
  package let version: Int
  package let graph: WorkflowGraph
  /// What each node executes, by position in the workflow.
  package let steps: [Step]
  /// What the hooks execute; nil: the workflow has none (G49, G50).
  package let initialize: Step?
  package let finish: Step?
  /// The graph as views of a token need it; knows ancestors, which are found when first asked for.
  package let tokenGraph: TokenGraph

  /// - Precondition: The workflow is one of the application's and was validated.
  package init(application: Application, workflow: Workflow, version: Int) {
    self.application = application
    self.workflow = workflow
    self.version = version
    graph = WorkflowGraph(workflow)
    steps = workflow.nodes.map { Step($0, workflow, application) }
    initialize = workflow.initialize.map { Step($0, workflow) }
    finish = workflow.finish.map { Step($0, workflow) }
    tokenGraph = TokenGraph(workflow: workflow.name, graph)
  }

  /// What a hook executes; nil: the workflow has no such hook.
  package func step(of hook: HookKind) -> Step? {
    hook == .initialize ? initialize : finish
  }

  /// The longest time between TERM and KILL that the steps have; that of a stop for the finish
  /// hook, unless the stop gives one (SR120).
  package var longestGraceMS: Int64 {
    (steps + [initialize].compactMap(\.self)).map(\.graceMS).max()
      ?? workflow.nodeDefaults.stopGraceMS?.literal ?? ChainPolicy.defaultGraceMS
  }

  /// What one node or hook executes, with its program's and its own settings merged (G7).
  package struct Step: Sendable {
    /// The node's name, or the workflow's for a hook (T6).
    package let name: String
    package let kind: Kind
    package let properties: [String: Template]
    package let env: [String: Template]
    package let cwd: String?
    /// The merged policies as the file gives them (G7); their numbers may be templates.
    package let declared: NodePolicy
    /// The delay before the first attempt of a chain (RE94).
    package let waitBefore: Templated<Int64>
    /// The numbers of the policies as far as the file gives them; what a template gives counts as
    /// not set here, and `chainPolicy` has it.
    package let policy: ChainPolicy
    package let tokenFiles: Bool
    /// USER keys that the node puts by itself, in order; NOOP and conditions.
    package let put: [TokenTemplate]
    /// Nil for conditions and hooks: they have no program run (B4.2).
    package let program: ProgramReference?
    /// Whether the start needs values of the run's token.
    ///
    /// What a command condition puts is rendered at its end, so it does not count.
    package let readsToken: Bool
    /// Whether the end of an attempt needs values of the run's token: for `fail_on`, `break_on`,
    /// `continue_on`, publishing, and what a command condition puts.
    package let endReadsToken: Bool

    package enum Kind: Sendable {
      case noop
      case command([Template])
      case expression(String)
      case conditionCommand([Template])
      /// Starts a child run and ends with it (RE110).
      case workflow(ChildProgram)
      /// Is executed by a worker of this queue (CT20).
      case worker(String)
      /// A type that this server does not execute; refused at deployment.
      case unavailable(ProgramType)
    }

    /// Whether the node starts and ends without a process, in one transaction.
    package var isInProcess: Bool {
      switch kind {
      case .noop, .expression: true
      case .command, .conditionCommand, .workflow, .worker, .unavailable: false
      }
    }

    /// Whether the node is a condition.
    package var isCondition: Bool {
      switch kind {
      case .expression, .conditionCommand: true
      case .noop, .command, .workflow, .worker, .unavailable: false
      }
    }

    /// The list that a pass goes through (RE105); nil: the node has none.
    package var forEach: ForEach? { isCondition ? nil : declared.forEach }

    /// Whether some number of the policies is given by a template.
    package var hasPolicyTemplates: Bool {
      waitBefore.template != nil || !declared.templates.isEmpty
    }

    /// The numbers for a chain that starts now (RE90–RE105).
    ///
    /// - Parameter text: Gives the text of a template.
    /// - Returns: `policy`, or what the templates give now.
    /// - Throws: `PolicyFailure` for a text that is no legal value, and what `text` throws.
    package func chainPolicy(_ text: (Template) throws -> String) throws -> ChainPolicy {
      guard hasPolicyTemplates else { return policy }
      return ChainPolicy(
        try declared.resolved(text),
        waitBefore: try waitBefore.resolved(PolicyNumbers.waitBefore, text))
    }

    /// The time between TERM and KILL in milliseconds (G6).
    package var graceMS: Int64 { policy.stopGraceMS }

    static let defaultGraceMS = ChainPolicy.defaultGraceMS

    /// A hook: supervised like a node, without properties and without retry (G51).
    init(_ hook: Hook, _ workflow: Workflow) {
      name = workflow.name
      kind = .command(hook.argv)
      properties = [:]
      env = hook.env
      cwd = hook.cwd
      declared = NodePolicy(
        timeoutMS: .literal(hook.timeoutMS), stopGraceMS: workflow.nodeDefaults.stopGraceMS)
      waitBefore = 0
      policy = ChainPolicy(declared)
      tokenFiles = true
      put = []
      program = nil
      readsToken = (hook.argv + hook.env.values).contains(where: \.readsToken)
      endReadsToken = false
    }

    init(_ node: Node, _ workflow: Workflow, _ application: Application) {
      name = node.name
      tokenFiles = node.tokenFiles
      waitBefore = node.waitBeforeMS
      let kind: Kind
      let declared: NodePolicy
      switch node.action {
      case .condition(let condition):
        switch condition.form {
        case .expression(let text): kind = .expression(text)
        case .command(let argv): kind = .conditionCommand(argv)
        }
        properties = node.properties
        env = node.env
        cwd = condition.cwd
        declared = workflow.policy(of: node, program: nil)
        put = condition.put
        program = nil
      case .program(let id):
        let program = application.programs[id] ?? Program(type: .noop)
        kind = Kind(program)
        properties = program.properties.merging(node.properties) { _, own in own }
        env = program.env.merging(node.env) { _, own in own }
        cwd = program.cwd
        declared = workflow.policy(of: node, program: program)
        put = program.put
        self.program = ProgramReference(type: program.type, id: id)
      }
      self.kind = kind
      self.declared = declared
      policy = ChainPolicy(declared, waitBefore: waitBefore)
      let start = kind.startTemplates(put) + properties.values + env.values
      let numbers = declared.templates + [waitBefore.template].compactMap(\.self)
      readsToken =
        kind.isExpression || declared.pauseBefore?.isExpression == true
        || (start + numbers).contains(where: \.readsToken)
        || declared.forEach?.items.readsToken == true
      endReadsToken =
        declared.failOn != nil || declared.retry?.breakOn != nil
        || declared.retry?.continueOn != nil
        || (kind.endTemplates(put) + declared.published.map(\.value))
          .contains(where: \.readsToken)
    }
  }
}

extension RunPlan.Step.Kind {
  fileprivate init(_ program: Program) {
    switch (program.type, program.child, program.queue) {
    case (.noop, _, _): self = .noop
    case (.command, _, _): self = .command(program.argv)
    case (.workflow, let child?, _): self = .workflow(child)
    case (.worker, _, let queue?): self = .worker(queue)
    default: self = .unavailable(program.type)
    }
  }

  package var isExpression: Bool {
    if case .expression = self { true } else { false }
  }

  /// The templates of its own that a start renders.
  fileprivate func startTemplates(_ put: [TokenTemplate]) -> [Template] {
    switch self {
    case .command(let argv), .conditionCommand(let argv): argv
    case .workflow(let child): Array(child.arguments.values)
    case .noop: put.map(\.value)
    case .expression, .worker, .unavailable: []
    }
  }

  /// The templates of its own that the end of an attempt renders.
  fileprivate func endTemplates(_ put: [TokenTemplate]) -> [Template] {
    if case .conditionCommand = self { put.map(\.value) } else { [] }
  }
}
