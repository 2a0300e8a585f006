/// What a server can execute of the things that the grammar of application files has.
///
/// What is legal but not listed here is refused with `kind_unavailable` (G32), never accepted and
/// ignored. A switch exists only for what the model holds; the other things of the grammar
/// (schedules, secrets, outputs) are always refused.
package struct ApplicationFeatures: Hashable, Sendable {
  /// The program types that can be executed.
  package var programTypes: Set<ProgramType>
  package var switches: Set<Switch>

  /// A server's features; program types that are reserved are refused even when they are named
  /// here (G32).
  package init(programTypes: Set<ProgramType>, switches: Set<Switch>) {
    self.programTypes = programTypes.intersection(Self.knownTypes)
    self.switches = switches
  }

  /// Everything that can be compiled.
  package static let all = ApplicationFeatures(
    programTypes: knownTypes, switches: Set(Switch.allCases))

  private static let knownTypes: Set<ProgramType> = [.command, .noop, .worker, .workflow]

  /// Something that a server may not have yet.
  package enum Switch: String, Hashable, Sendable, CaseIterable {
    /// Conditions with `expr`.
    case expressionConditions
    /// Conditions with `argv`.
    case commandConditions
    /// `join: any` and `join: N`.
    case joins
    /// `initialize` and `finish`.
    case hooks
    /// `max_active_runs` and `when_full`.
    case activeRunBounds
    /// `on_failure: finish-siblings`.
    case finishSiblings
    /// `retry` of a node, a program or `node_defaults`.
    case retry
    /// `wait_before`.
    case waitBefore
    /// `node_defaults`.
    case nodeDefaults
    /// `limits` (G65).
    case limits
    /// `retry.jitter` (RE91).
    case retryJitter
    /// `retry.on` (RE92).
    case retryCauses
    /// `retry.break_on` and `retry.continue_on` (RE92).
    case retryExpressions
    /// `node_timeout` (RE93).
    case nodeTimeout
    /// `wait_after` (RE94).
    case waitAfter
    /// `pause_before` (RE95).
    case pauseBefore
    /// `on_success`, `on_failure`, `on_complete` and `on_skip` of a node (RE96).
    case publishing
    /// `fail_on` (RE97).
    case failOn
    /// `safe_rerun` (RE98).
    case safeRerun
    /// `concurrency` of a workflow (RE99).
    case concurrency
    /// `for_each` (RE105).
    case forEach
    /// A template as a duration or number of a policy (RE90–RE105).
    case policyTemplates
  }
}
