public import BatonCore
internal import BatonWire

/// Which ended runs are removed.
///
/// A run goes as soon as one bound says so: it ended too long ago, or it is not among the newest of
/// its workflow. For a bound that is not given the setting of the server holds.
public struct PruneOptions: Sendable, Hashable {
  /// Only this namespace; nil for all.
  public var namespace: String?
  /// Only this application of the namespace; nil for all.
  public var application: String?
  /// Runs that ended before this moment; nil for the setting.
  public var before: Timestamp?
  /// The newest ended runs to keep of each workflow, at least 1; nil for the setting.
  public var keepRuns: Int?
  /// Counts only.
  public var isDryRun: Bool
  /// Makes the call safe to repeat, unless it is a dry run; nil for a fresh one.
  public var requestID: String?

  /// Options that leave everything to the server but what is given.
  public init(
    namespace: String? = nil, application: String? = nil, before: Timestamp? = nil,
    keepRuns: Int? = nil, isDryRun: Bool = false, requestID: String? = nil
  ) {
    self.namespace = namespace
    self.application = application
    self.before = before
    self.keepRuns = keepRuns
    self.isDryRun = isDryRun
    self.requestID = requestID
  }
}

/// What was removed, or in a dry run would be.
public struct PruneReport: Sendable, Hashable {
  /// Runs, with their tokens and logs.
  public var runs: UInt64
  /// Entries of the event log.
  public var events: UInt64
  /// Deliveries of reports.
  public var deliveries: UInt64
  /// Entries of the history of schedules.
  public var scheduleEvents: UInt64
  /// Rows of the audit log.
  public var auditRows: UInt64
  /// Whether they were only counted.
  public var isDryRun: Bool
}

extension BatonClient {
  /// The most time that one call of ``prune(_:)`` may take.
  private static let pruneTimeout = Duration.seconds(3600)

  /// Removes ended runs with their tokens and logs.
  ///
  /// Ids that triggers brought stay taken (SR41). The server works in small chunks; others do not
  /// wait for it. What was removed before a lost connection stays removed.
  ///
  /// - Parameter options: Which runs.
  /// - Returns: What was removed.
  /// - Throws: INVALID_ARGUMENT `limit_invalid` where neither a bound is given nor one is set,
  ///   `name_missing` for an application without its namespace; RESOURCE_EXHAUSTED `disk_full`.
  @discardableResult
  public func prune(_ options: PruneOptions) async throws -> PruneReport {
    let request = Wire.PruneRequest(
      namespace: options.namespace ?? "", application: options.application ?? "",
      before: options.before?.milliseconds ?? 0,
      keepRuns: UInt32(clamping: options.keepRuns ?? 0), dryRun: options.isDryRun,
      requestID: options.isDryRun ? "" : options.requestID ?? RequestID.make())
    var callOptions = options.isDryRun ? CallOptions() : .withRequestID
    callOptions.timeout = Self.pruneTimeout
    let response = try await operations.prune(request, options: callOptions)
    return PruneReport(
      runs: response.runs, events: response.events, deliveries: response.deliveries,
      scheduleEvents: response.scheduleEvents, auditRows: response.auditRows,
      isDryRun: response.dryRun)
  }
}
