internal import BatonCore

/// Everything that launching one recorded attempt needs.
struct ProgramStart: Sendable {
  var attempt: AttemptRecord
  var header: RunHeader
  /// What the attempt executes.
  var step: RunPlan.Step
  var tokenGraph: TokenGraph
  /// The status to come, for the finish hook (G50); nil for everything else.
  var runStatus: RunStatus?
  var credential: TaskCredential
}
