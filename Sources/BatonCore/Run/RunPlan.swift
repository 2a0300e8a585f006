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
      ?? workflow.nodeDefaults.stopGraceMS ?? Step.defaultGraceMS
  }

  /// What one node or hook executes, with its program's and its own settings merged (G7).
  package struct Step: Sendable {
    /// The node's name, or the workflow's for a hook (T6).
    package let name: String
    package let kind: Kind
    package let properties: [String: Template]
    package let env: [String: Template]
    package let cwd: String?
    package let policy: NodePolicy
    package let tokenFiles: Bool
    /// USER keys that the node puts by itself, in order; NOOP and conditions.
    package let put: [TokenTemplate]
    /// Nil for conditions and hooks: they have no program run (B4.2).
    package let program: ProgramReference?
    /// Whether the start needs values of the run's token.
    ///
    /// What a command condition puts is rendered at its end, so it does not count.
    package let readsToken: Bool

    package enum Kind: Sendable {
      case noop
      case command([Template])
      case expression(String)
      case conditionCommand([Template])
      /// A type that this server does not execute; refused at deployment.
      case unavailable(ProgramType)
    }

    /// Whether the node starts and ends without a process, in one transaction.
    package var isInProcess: Bool {
      switch kind {
      case .noop, .expression: true
      case .command, .conditionCommand, .unavailable: false
      }
    }

    /// Whether the node is a condition.
    package var isCondition: Bool {
      switch kind {
      case .expression, .conditionCommand: true
      case .noop, .command, .unavailable: false
      }
    }

    /// The time between TERM and KILL in milliseconds (G6).
    package var graceMS: Int64 { policy.stopGraceMS ?? Self.defaultGraceMS }

    static let defaultGraceMS: Int64 = 10_000

    /// A hook: supervised like a node, without properties and without retry (G51).
    init(_ hook: Hook, _ workflow: Workflow) {
      name = workflow.name
      kind = .command(hook.argv)
      properties = [:]
      env = hook.env
      cwd = hook.cwd
      policy = NodePolicy(
        timeoutMS: hook.timeoutMS, stopGraceMS: workflow.nodeDefaults.stopGraceMS)
      tokenFiles = true
      put = []
      program = nil
      readsToken = Self.readsToken(kind, properties, env, put)
    }

    init(_ node: Node, _ workflow: Workflow, _ application: Application) {
      name = node.name
      tokenFiles = node.tokenFiles
      let kind: Kind
      switch node.action {
      case .condition(let condition):
        switch condition.form {
        case .expression(let text): kind = .expression(text)
        case .command(let argv): kind = .conditionCommand(argv)
        }
        properties = node.properties
        env = node.env
        cwd = condition.cwd
        policy = workflow.policy(of: node, program: nil)
        put = condition.put
        program = nil
      case .program(let id):
        let program = application.programs[id] ?? Program(type: .noop)
        switch program.type {
        case .noop: kind = .noop
        case .command: kind = .command(program.argv)
        default: kind = .unavailable(program.type)
        }
        properties = program.properties.merging(node.properties) { _, own in own }
        env = program.env.merging(node.env) { _, own in own }
        cwd = program.cwd
        policy = workflow.policy(of: node, program: program)
        put = program.put
        self.program = ProgramReference(type: program.type, id: id)
      }
      self.kind = kind
      readsToken = Self.readsToken(kind, properties, env, put)
    }

    private static func readsToken(
      _ kind: Kind, _ properties: [String: Template], _ env: [String: Template],
      _ put: [TokenTemplate]
    ) -> Bool {
      switch kind {
      case .expression: return true
      case .command(let argv), .conditionCommand(let argv):
        if argv.contains(where: \.readsToken) { return true }
      case .noop, .unavailable: break
      }
      if case .noop = kind, put.contains(where: \.value.readsToken) { return true }
      return properties.values.contains(where: \.readsToken)
        || env.values.contains(where: \.readsToken)
    }
  }
}
