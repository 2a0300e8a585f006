internal import BatonCore

/// Everything that launching one recorded attempt needs.
struct ProgramStart: Sendable {
  var attempt: AttemptRecord
  var header: RunHeader
  var plan: RunPlan
  var position: Int
  var credential: TaskCredential

  var step: RunPlan.Step { plan.steps[position] }
}
