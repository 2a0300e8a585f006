package import BatonCore

/// How long ended runs are kept (P11); nothing in it: for ever.
package struct RetentionPolicy: Hashable, Sendable {
  /// A number that holds for all applications, and those that single ones have instead.
  package struct Bound: Hashable, Sendable {
    /// For applications that are not named; nil: no bound.
    package var standard: Int?
    /// For the applications named; `.some(nil)`: no bound.
    package var applications: [ApplicationName: Int?]

    package init(_ standard: Int? = nil, applications: [ApplicationName: Int?] = [:]) {
      self.standard = standard
      self.applications = applications
    }

    /// The number that holds for an application; nil: no bound.
    package func value(for application: ApplicationName) -> Int? {
      applications[application] ?? standard
    }
  }

  /// What is kept of every workflow; a run goes when it passes each bound that is given.
  package struct Rule: Hashable, Sendable {
    /// So many of the newest ended runs of each workflow stay.
    package var runs: Int?
    /// Runs that ended at this moment or later stay.
    package var before: Timestamp?

    package init(runs: Int? = nil, before: Timestamp? = nil) {
      self.runs = runs
      self.before = before
    }

    /// Whether anything may be removed at all.
    package var isBounded: Bool { runs != nil || before != nil }
  }

  /// The newest ended runs that stay of each workflow.
  package var runs: Bound
  /// The days for which a run stays after its end.
  package var days: Bound

  package init(runs: Bound = Bound(), days: Bound = Bound()) {
    self.runs = runs
    self.days = days
  }

  /// Applications that have a rule of their own.
  package var namedApplications: Set<ApplicationName> {
    Set(runs.applications.keys).union(days.applications.keys)
  }

  /// The rule for the applications that are not named.
  package func standardRule(now: Timestamp) -> Rule {
    Rule(runs: runs.standard, before: days.standard.map { Self.moment($0, now) })
  }

  /// The rule for an application.
  package func rule(for application: ApplicationName, now: Timestamp) -> Rule {
    Rule(
      runs: runs.value(for: application),
      before: days.value(for: application).map { Self.moment($0, now) })
  }

  private static func moment(_ days: Int, _ now: Timestamp) -> Timestamp {
    Timestamp(milliseconds: now.milliseconds - Int64(days) * 86_400_000)
  }
}

/// An application of a namespace.
package struct ApplicationName: Hashable, Sendable {
  package var namespace: String
  package var name: String

  package init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  package init(of workflow: WorkflowID) {
    self.init(namespace: workflow.namespace, name: workflow.application)
  }
}

extension ApplicationName: CustomStringConvertible {
  /// `default:campaign`.
  package var description: String { "\(namespace):\(name)" }
}
