package import BatonCore
package import BatonStore

/// How long ended runs are kept (P11); nothing in it: for ever.
///
/// A run goes as soon as one bound says so.
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

  /// The newest ended runs that stay of each workflow.
  package var runs: Bound
  /// The days for which a run stays after its end.
  package var days: Bound

  package init(runs: Bound = Bound(), days: Bound = Bound()) {
    self.runs = runs
    self.days = days
  }

  /// The searches that together find what is to go now, bounds of `order` before those of the
  /// policy.
  ///
  /// - Parameters:
  ///   - order: Where to look, and bounds that win over the policy's.
  ///   - now: The present moment.
  ///   - limit: The most runs that a search names.
  /// - Returns: One for each application that has bounds of its own, and one for all others; none
  ///   where nothing has a bound.
  package func queries(for order: PruneOrder, now: Timestamp, limit: Int) -> [PruneQuery] {
    let named = Set(runs.applications.keys).union(days.applications.keys)
      .filter(order.includes)
      .sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
    var queries = named.map { name in
      PruneQuery(
        namespace: name.namespace, application: name.name,
        endedBefore: order.endedBefore ?? moment(days.value(for: name), now),
        keepNewest: order.keepNewest ?? runs.value(for: name), limit: limit)
    }
    if order.application == nil || named.isEmpty {
      var rest = PruneQuery(
        namespace: order.namespace, application: order.application,
        endedBefore: order.endedBefore ?? moment(days.standard, now),
        keepNewest: order.keepNewest ?? runs.standard, limit: limit)
      rest.excluded = Set(named)
      queries.append(rest)
    }
    return queries.filter { $0.endedBefore != nil || $0.keepNewest != nil }
  }

  private func moment(_ days: Int?, _ now: Timestamp) -> Timestamp? {
    days.map { Timestamp(milliseconds: now.milliseconds - Int64($0) * 86_400_000) }
  }
}

/// What is to be pruned: everywhere, in a namespace or in one application of it.
package struct PruneOrder: Hashable, Sendable {
  package var namespace: String?
  /// An application of `namespace`.
  package var application: String?
  /// Runs that ended before; nil: as the policy says.
  package var endedBefore: Timestamp?
  /// The newest ended runs that stay of each workflow; nil: as the policy says.
  package var keepNewest: Int?

  package init(
    namespace: String? = nil, application: String? = nil, endedBefore: Timestamp? = nil,
    keepNewest: Int? = nil
  ) {
    self.namespace = namespace
    self.application = application
    self.endedBefore = endedBefore
    self.keepNewest = keepNewest
  }

  /// Whether an application is meant.
  package func includes(_ name: ApplicationName) -> Bool {
    (namespace ?? name.namespace) == name.namespace && (application ?? name.name) == name.name
  }
}
