internal import BatonCore
internal import BatonExec

/// Everything that launching one recorded attempt needs.
struct ProgramStart: Sendable {
  var attempt: AttemptRecord
  var header: RunHeader
  /// The revision with which the attempt was recorded (RE17).
  var environment: RunEnvironment
  /// What the attempt executes.
  var step: RunPlan.Step
  var tokenGraph: TokenGraph
  /// The status to come, for the finish hook (G50); nil for everything else.
  var runStatus: RunStatus?
  /// The element of the item that is executed, a string as it is (RE105); nil: it is none.
  var item: String?
  var credential: TaskCredential

  var key: AttemptKey { AttemptKey(attempt.id) }
}
