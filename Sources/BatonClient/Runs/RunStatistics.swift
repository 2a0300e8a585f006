public import BatonCore
internal import BatonWire

/// Sums over the completed runs of a workflow (G63).
public struct RunStatistics: Sendable, Hashable {
  /// Durations in milliseconds.
  public struct Durations: Sendable, Hashable {
    /// A percentile with the runs at or above it.
    public struct Percentile: Sendable, Hashable {
      /// 0…100.
      public var percentile: Int
      /// The duration, of n ascending ones the one at min(n − 1, ⌊percentile · n / 100⌋).
      public var duration: Duration
      /// Some of the runs that took at least as long.
      public var runIDs: [String]
      /// The number of all of them.
      public var runsTotal: Int
    }

    /// How many durations there are.
    public var count: Int
    /// Their mean in milliseconds.
    public var meanMilliseconds: Double
    /// The shortest.
    public var shortest: Duration
    /// The longest.
    public var longest: Duration
    /// The percentiles asked for.
    public var percentiles: [Percentile]
  }

  /// What is known of a node.
  public struct Node: Sendable, Hashable {
    /// Its name.
    public var node: String
    /// In how many of the runs it ran.
    public var runs: Int
    /// Its attempts in these.
    public var attempts: Int
    /// How long it took; nil where it never ran.
    public var durations: Durations?
    /// How often a condition decided true.
    public var decidedTrue: Int
    /// How often a condition decided false.
    public var decidedFalse: Int
  }

  /// How many runs were looked at.
  public var runs: Int
  /// How long they took; nil where there are none.
  public var durations: Durations?
  /// Their nodes in graph order.
  public var nodes: [Node]
}

/// Which runs statistics are made of.
public struct StatisticsOptions: Sendable, Hashable {
  /// Only runs of this version.
  public var version: Int?
  /// Only runs created at or after this moment.
  public var since: Timestamp?
  /// Only runs created before this moment.
  public var until: Timestamp?
  /// Only the newest so many completed runs; nil for the server's default.
  public var last: Int?
  /// The percentiles wanted, 0…100; none for the server's default.
  public var percentiles: [Int]

  /// Options with everything absent but what is given.
  public init(
    version: Int? = nil, since: Timestamp? = nil, until: Timestamp? = nil, last: Int? = nil,
    percentiles: [Int] = []
  ) {
    self.version = version
    self.since = since
    self.until = until
    self.last = last
    self.percentiles = percentiles
  }
}

extension BatonClient {
  /// Sums up the completed runs of a workflow (G63).
  ///
  /// - Parameters:
  ///   - workflow: The workflow.
  ///   - options: Which of its runs, and which percentiles.
  /// - Returns: The sums; without any run an empty answer.
  /// - Throws: NOT_FOUND `app_not_found`, `workflow_not_found`, `version_not_found`;
  ///   INVALID_ARGUMENT `limit_invalid`, `time_range_invalid`.
  public func statistics(
    of workflow: WorkflowID, options: StatisticsOptions = StatisticsOptions()
  ) async throws -> RunStatistics {
    var request = Wire.GetRunStatisticsRequest()
    request.namespace = workflow.namespace
    request.application = workflow.application
    request.workflow = workflow.workflow
    request.version = UInt32(clamping: options.version ?? 0)
    request.since = options.since?.milliseconds ?? 0
    request.until = options.until?.milliseconds ?? 0
    request.lastRuns = UInt32(clamping: options.last ?? 0)
    request.percentiles = options.percentiles.map { UInt32(clamping: $0) }
    return RunStatistics(try await engine.getRunStatistics(request))
  }
}

extension RunStatistics {
  init(_ wire: Wire.GetRunStatisticsResponse) {
    runs = Int(wire.runs)
    durations = Durations(wire.durations)
    nodes = wire.nodes.map(Node.init)
  }
}

extension RunStatistics.Node {
  init(_ wire: Wire.NodeStatistics) {
    node = wire.node
    runs = Int(wire.runs)
    attempts = Int(wire.attempts)
    durations = RunStatistics.Durations(wire.durations)
    decidedTrue = Int(wire.outcomeTrue)
    decidedFalse = Int(wire.outcomeFalse)
  }
}

extension RunStatistics.Durations {
  init?(_ wire: Wire.DurationStatistics?) {
    guard let wire, wire.count > 0 else { return nil }
    count = Int(wire.count)
    meanMilliseconds = wire.meanMs
    shortest = .milliseconds(wire.minMs)
    longest = .milliseconds(wire.maxMs)
    percentiles = wire.percentiles.map { figure in
      Percentile(
        percentile: Int(figure.percentile), duration: .milliseconds(figure.durationMs),
        runIDs: figure.runIDs, runsTotal: Int(figure.runsTotal))
    }
  }
}
