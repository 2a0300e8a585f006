internal import BatonCore
package import BatonWire

/// What a re-run, skip or resume did, or would do (RE85, RE130).
///
/// Lists are in graph order, the root run first, at most 1,000 elements each with their totals.
public struct RerunPlan: Sendable, Hashable {
  /// A run whose status changes.
  public struct RunChange: Sendable, Hashable {
    /// The run.
    public var runID: String
    /// Its workflow.
    public var workflow: String
    /// Its status before.
    public var from: RunStatus
    /// Its status after.
    public var to: RunStatus
  }

  /// An attempt to come.
  public struct Attempt: Sendable, Hashable {
    /// Its run.
    public var runID: String
    /// Its node.
    public var node: String
    /// The number that it will have.
    public var number: Int
    /// Why, such as `RERUN`.
    public var cause: String
    /// When: `NOW`, `AFTER_UPSTREAM` or `ON_RESUME`.
    public var starts: String
    /// Of `for_each`: the indexes of the items that will run.
    public var items: [Int]
  }

  /// A node of a run.
  public struct Node: Sendable, Hashable {
    /// Its run.
    public var runID: String
    /// Its name.
    public var node: String
  }

  /// Runs whose status changes.
  public var runs: [RunChange]
  /// The number of all of them.
  public var runsTotal: Int
  /// Attempts to come.
  public var attempts: [Attempt]
  /// The number of all of them.
  public var attemptsTotal: Int
  /// The number of all items of the attempts.
  public var itemsTotal: Int
  /// Nodes that are judged again.
  public var reevaluated: [Node]
  /// The number of all of them.
  public var reevaluatedTotal: Int
  /// Nodes that stay as they are.
  public var untouched: [Node]
  /// The number of all of them.
  public var untouchedTotal: Int
  /// The newest revision of the environment.
  public var environmentRevision: Int
  /// What the change of the environment altered, by name.
  public var edits: [EnvironmentEdit]
  /// Accepted re-runs of the run, with this call.
  public var reruns: Int
  /// Accepted skips of the run, with this call.
  public var skips: Int
  /// Whether nothing was changed.
  public var isDryRun: Bool
}

extension RerunPlan {
  /// The value that a message of the contract stands for.
  package init(_ wire: Wire.Plan) {
    runs = wire.runs.map { run in
      RunChange(
        runID: run.runID, workflow: run.workflow, from: RunStatus(rawValue: run.from.name),
        to: RunStatus(rawValue: run.to.name))
    }
    runsTotal = Int(wire.runsTotal)
    attempts = wire.attempts.map { attempt in
      Attempt(
        runID: attempt.runID, node: attempt.node, number: Int(attempt.number),
        cause: attempt.cause.name, starts: attempt.starts.name,
        items: attempt.items.map(Int.init))
    }
    attemptsTotal = Int(wire.attemptsTotal)
    itemsTotal = Int(wire.itemsTotal)
    reevaluated = wire.reevaluated.map { Node(runID: $0.runID, node: $0.node) }
    reevaluatedTotal = Int(wire.reevaluatedTotal)
    untouched = wire.untouched.map { Node(runID: $0.runID, node: $0.node) }
    untouchedTotal = Int(wire.untouchedTotal)
    environmentRevision = Int(wire.envRevision)
    edits = wire.changes.map(EnvironmentEdit.init)
    reruns = Int(wire.reruns)
    skips = Int(wire.skips)
    isDryRun = wire.dryRun
  }

  init(answer: Wire.Plan?) throws {
    guard let answer else {
      throw BatonError(.internal, "internal", "the server answered without the plan")
    }
    self.init(answer)
  }
}
