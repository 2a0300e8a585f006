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
  var credential: TaskCredential
  /// The item that is executed, where the node is a `for_each` (RE105).
  var item: AttemptKey.Item?

  var key: AttemptKey { AttemptKey(attempt.id, item: item) }
}
