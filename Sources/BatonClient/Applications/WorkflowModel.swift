public import BatonCore
internal import BatonWire

/// The compiled graph of a workflow.
public struct WorkflowModel: Sendable, Hashable {
  /// A declared argument.
  public struct Argument: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Whether a trigger must give it.
    public var isRequired: Bool
    /// Its default; nil where it is required.
    public var defaultValue: String?
    /// Whether its value is secret.
    public var isSecret: Bool
  }

  /// A node.
  public struct Node: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The program that it runs; nil for a condition.
    public var program: String?
    /// The type of the program; nil for a condition.
    public var programType: String?
    /// Whether it is a condition.
    public var isCondition: Bool
    /// Whether it runs once per item of a list.
    public var isForEach: Bool
    /// Its incoming edges, in the order of the file.
    public var after: [Edge]
    /// The edges that must be satisfied; nil for all of them.
    public var joinCount: Int?
  }

  /// An edge that leads to a node.
  public struct Edge: Sendable, Hashable {
    /// The position of the upstream node in ``WorkflowModel/nodes``.
    public var from: Int
    /// What the upstream node must do: `SUCCESS`, `FAILURE`, `COMPLETE`, `TRUE` or `FALSE`.
    public var meaning: String
  }

  /// Its name.
  public var name: String
  /// The version of the application.
  public var version: Int
  /// Its declared arguments, by name.
  public var arguments: [Argument]
  /// What happens to other nodes when one fails: `STOP_SIBLINGS` or `FINISH_SIBLINGS`.
  public var onFailure: String
  /// The most active runs; nil for no bound.
  public var maximumActiveRuns: Int?
  /// What happens to further runs: `QUEUE` or `REJECT`.
  public var whenFull: String
  /// The most attempts of a run at once; nil for no bound.
  public var concurrency: Int?
  /// Whether it has an initialize hook.
  public var hasInitialize: Bool
  /// Whether it has a finish hook.
  public var hasFinish: Bool
  /// The names of the declared outputs, in order.
  public var outputs: [String]
  /// The nodes in the order of the file.
  public var nodes: [Node]
  /// Positions in ``nodes``, in graph order.
  public var graphOrder: [Int]
}

extension BatonClient {
  /// Reads the compiled graph of a workflow.
  ///
  /// - Parameters:
  ///   - workflow: The workflow.
  ///   - version: The version of the application; nil for the newest.
  /// - Returns: The graph.
  /// - Throws: NOT_FOUND `app_not_found`, `version_not_found`, `workflow_not_found`.
  public func workflowModel(_ workflow: WorkflowID, version: Int? = nil) async throws
    -> WorkflowModel
  {
    let response = try await engine.getApplication(
      Wire.GetApplicationRequest(
        namespace: workflow.namespace, application: workflow.application,
        version: UInt32(clamping: version ?? 0), workflow: workflow.workflow))
    guard let model = response.model else {
      throw BatonError(.internal, "internal", "the server answered without the workflow")
    }
    return WorkflowModel(model, version: Int(response.version))
  }
}

extension WorkflowModel {
  init(_ wire: Wire.WorkflowModel, version: Int) {
    name = wire.name
    self.version = version
    arguments = wire.arguments.map { argument in
      Argument(
        name: argument.name, isRequired: argument.required,
        defaultValue: argument.required ? nil : argument.defaultValue,
        isSecret: argument.secret)
    }
    onFailure = wire.onFailure.name
    maximumActiveRuns = wire.maxActiveRuns == 0 ? nil : Int(wire.maxActiveRuns)
    whenFull = wire.whenFull.name
    concurrency = wire.concurrency == 0 ? nil : Int(wire.concurrency)
    hasInitialize = wire.initialize
    hasFinish = wire.finish
    outputs = wire.outputs
    nodes = wire.nodes.map { node in
      Node(
        name: node.name, program: node.program.nonEmpty, programType: node.programType.nonEmpty,
        isCondition: node.condition, isForEach: node.forEach,
        after: node.after.map { Edge(from: Int($0.from), meaning: $0.on.name) },
        joinCount: node.joinCount == 0 ? nil : Int(node.joinCount))
    }
    graphOrder = wire.graphOrder.map(Int.init)
  }
}
