public import BatonCore
package import BatonWire

/// A node of a run.
public struct NodeState: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// The program that it runs; nil for a condition.
  public var program: String?
  /// The type of the program; nil for a condition.
  public var programType: String?
  /// Whether it is a condition.
  public var isCondition: Bool
  /// Its status when it was read.
  public var status: NodeStatus
  /// Why it is FAILED, KILLED or SKIPPED.
  public var reason: String?
  /// What a condition decided.
  public var outcome: Bool?
  /// The number of attempts made.
  public var attemptsTotal: Int
  /// The newest 100 attempts, ascending, where they were asked for.
  public var attempts: [Attempt]
  /// Whether it is a handler that ran for a failure since repaired.
  public var isObsolete: Bool
  /// Whether it is held back by an operator.
  public var isHeld: Bool
  /// Of a WAITING node: when its delay is over.
  public var wakeTime: Timestamp?
}

extension NodeState {
  /// The value that a message of the contract stands for.
  package init(_ wire: Wire.NodeRecord) {
    name = wire.node
    program = wire.program.nonEmpty
    programType = wire.programType.nonEmpty
    isCondition = wire.condition
    status = NodeStatus(rawValue: wire.status.name)
    reason = wire.reason.nonEmpty
    outcome = Bool(wire.outcome)
    attemptsTotal = Int(wire.attemptsTotal)
    attempts = wire.attempts.map(Attempt.init)
    isObsolete = wire.obsolete
    isHeld = wire.held
    wakeTime = Timestamp(wire: wire.wakeTime)
  }
}

extension Bool {
  /// What a condition decided; nil where nothing was.
  init?(_ wire: Wire.ConditionOutcome) {
    switch wire {
    case .true: self = true
    case .false: self = false
    default: return nil
    }
  }
}
