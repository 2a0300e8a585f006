internal import BatonWire

/// What a deployment stored, or would store.
public struct Deployment: Sendable, Hashable {
  /// The application's name.
  public var application: String
  /// Its newest version: 1, 2, 3 …; in a dry run the one that would result.
  public var version: Int
  /// Whether a new version was stored; false when the file means the same as the newest.
  public var created: Bool
  /// Findings that do not refuse the file.
  public var warnings: [Problem]
  /// The schedules that were changed.
  public var schedules: [ScheduleChange]
  /// Only in a dry run: the errors, by line and column, at most 100.
  public var problems: [Problem]
  /// Only in a dry run: the number of all errors.
  public var problemsTotal: Int

  init(_ wire: Wire.DeployApplicationResponse) {
    application = wire.application
    version = Int(wire.version)
    created = wire.created
    warnings = wire.warnings.map(Problem.init)
    schedules = wire.schedules.map(ScheduleChange.init)
    problems = wire.problems.map(Problem.init)
    problemsTotal = Int(wire.problemsTotal)
  }
}

/// A schedule that a deployment concerned.
public struct ScheduleChange: Sendable, Hashable {
  /// Its namespace.
  public var namespace: String
  /// Its application.
  public var application: String
  /// Its name.
  public var name: String
  /// What happened: `CREATED`, `UPDATED`, `DELETED`, `REWRITTEN`, `UNCHANGED` or `FAILED`.
  public var change: String
  /// Why, where it is not obvious.
  public var text: String?

  init(_ wire: Wire.ScheduleChange) {
    namespace = wire.namespace
    application = wire.appID
    name = wire.name
    change = wire.change.name
    text = wire.text.nonEmpty
  }
}

/// What a deployment does with schedules.
public enum ScheduleHandling: String, Sendable, Hashable, CaseIterable {
  /// Makes the schedules equal to those of the file.
  case sync
  /// Leaves schedules alone, except those whose workflow is gone.
  case keep
}

/// What happens to schedules of other applications that listen to a program that goes away.
public enum ListenerHandling: String, Sendable, Hashable, CaseIterable {
  /// They no longer listen to it; one that then listens to nothing is deleted.
  case rewrite
  /// The call is refused with `program_has_listeners`.
  case refuse
  /// They fire again once the program is deployed again.
  case keep

  var wire: Wire.ListenerOption {
    switch self {
    case .rewrite: .rewrite
    case .refuse: .refuse
    case .keep: .keep
    }
  }
}
