/// What a server can execute of the things that the grammar of application files has.
///
/// What is legal but not listed here is refused with `kind_unavailable` (G32), never accepted and
/// ignored. A switch exists only for what the model holds; the other things of the grammar
/// (schedules, secrets, outputs, the further policies of rerun.md) are always refused.
package struct ApplicationFeatures: Hashable, Sendable {
  /// The program types that can be executed.
  package var programTypes: Set<ProgramType>
  package var switches: Set<Switch>

  /// A server's features; of the program types only COMMAND and NOOP can be compiled, others are
  /// refused even when they are named here.
  package init(programTypes: Set<ProgramType>, switches: Set<Switch>) {
    self.programTypes = programTypes.intersection([.command, .noop])
    self.switches = switches
  }

  /// Everything that can be compiled.
  package static let all = ApplicationFeatures(
    programTypes: [.command, .noop], switches: Set(Switch.allCases))

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
  }
}
