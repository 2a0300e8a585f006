public import BatonCore
internal import BatonWire

/// An attempt of a node or hook.
public struct Attempt: Sendable, Hashable {
  /// How its main process ended.
  public enum Exit: Sendable, Hashable {
    /// By itself, with this code.
    case code(Int)
    /// By a signal with this number.
    case signal(Int)
  }

  /// Its number, from 1.
  public var number: Int
  /// Why it exists, such as `FIRST` or `RETRY`.
  public var cause: String
  /// Its status when it was read.
  public var status: AttemptStatus
  /// Why it is FAILED or KILLED.
  public var reason: String?
  /// One sentence about its end.
  public var message: String?
  /// The revision of the environment that it used.
  public var environmentRevision: Int
  /// When it started.
  public var started: Timestamp?
  /// When its outcome was recorded.
  public var ended: Timestamp?
  /// How its main process ended; nil where none ran.
  public var exit: Exit?
  /// The host that executes it.
  public var host: String?
  /// What a condition decided.
  public var outcome: Bool?
  /// Of a node of type WORKFLOW: the child run.
  public var childRunID: String?
  /// Processes that it left behind and that were killed.
  public var leftoverKilled: Int
  /// Processes that were still alive 10 s after KILL; expected: none.
  public var survivors: [Survivor]
  /// Limits that the host could not enforce.
  public var limitsUnenforced: [String]
  /// Of a worker: how far it has come, 0..100.
  public var progress: Int?
}

extension Attempt {
  init(_ wire: Wire.AttemptRecord) {
    number = Int(wire.attempt)
    cause = wire.cause.name
    status = AttemptStatus(rawValue: wire.status.name)
    reason = wire.reason.nonEmpty
    message = wire.message.nonEmpty
    environmentRevision = Int(wire.envRevision)
    started = Timestamp(wire: wire.started)
    ended = Timestamp(wire: wire.ended)
    exit =
      switch wire.exitChoice {
      case .exitCode(let code): .code(Int(code))
      case .signal(let number): .signal(Int(number))
      case nil: nil
      }
    host = wire.host.nonEmpty
    outcome = Bool(wire.outcome)
    childRunID = wire.childRunID.nonEmpty
    leftoverKilled = Int(wire.leftoverKilled)
    survivors = wire.survivors.map(Survivor.init)
    limitsUnenforced = wire.limitsUnenforced
    progress = wire.progress == 0 ? nil : Int(wire.progress)
  }
}
