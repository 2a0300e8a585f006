internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Figures over the newest completed runs of a workflow (G63).
  package func getRunStatistics(
    _ request: Wire.GetRunStatisticsRequest, _ call: UnaryCall<Wire.GetRunStatisticsResponse>
  ) {
    respond(to: call) {
      let asked = try StatisticsRequest(request)
      let catalog = engine.catalog
      var query = asked.query
      var sums = RunSums(percentiles: asked.percentiles)
      var left = asked.maximumRuns
      // Piece by piece, so that no reader is held for long.
      while left > 0 {
        query.limit = min(left, StatisticsRequest.runsPerRead)
        let piece = query
        let (page, figures) = try await engine.store.readAsync { reader in
          try catalog.checkExists(piece, reader)
          let page = try reader.runPage(piece)
          return (page, try page.runs.map { try reader.nodeFigures(of: $0.header.id) })
        }
        for (run, nodes) in zip(page.runs, figures) { sums.add(run, nodes) }
        left -= page.runs.count
        guard let next = page.next else { break }
        query.before = next
      }
      var order: [String] = []
      if let newest = sums.newestVersion {
        let plan = try await engine.store.readAsync { reader in
          try catalog.plan(asked.workflow, version: newest, reader)
        }
        if let plan { order = plan.graph.order.map { plan.steps[$0].name } }
      }
      return sums.response(order: order)
    }
  }
}

/// A checked request for statistics.
private struct StatisticsRequest: Sendable {
  static let runsPerRead = 200
  private static let defaultRuns = 1000
  private static let mostRuns = 10_000
  private static let mostPercentiles = 20

  let workflow: WorkflowID
  let query: RunQuery
  let maximumRuns: Int
  let percentiles: [Int]

  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `limit_invalid`,
  ///   `time_range_invalid`.
  init(_ request: Wire.GetRunStatisticsRequest) throws(BatonError) {
    workflow = WorkflowID(
      namespace: try RequestChecks.namespace(request.namespace),
      application: try RequestChecks.required(request.application, "application"),
      workflow: try RequestChecks.required(request.workflow, "workflow"))
    guard request.lastRuns <= Self.mostRuns else {
      throw BatonError(
        .invalidArgument, "limit_invalid", "last_runs is \(request.lastRuns)",
        hint: "ask for at most \(Self.mostRuns) runs")
    }
    maximumRuns = request.lastRuns == 0 ? Self.defaultRuns : Int(request.lastRuns)
    guard request.percentiles.count <= Self.mostPercentiles,
      request.percentiles.allSatisfy({ $0 <= 100 })
    else {
      throw BatonError(
        .invalidArgument, "limit_invalid", "percentiles are 0 to 100",
        hint: "ask for at most \(Self.mostPercentiles) of them")
    }
    percentiles =
      request.percentiles.isEmpty
      ? [50, 90, 99] : Set(request.percentiles.map { Int($0) }).sorted()
    var query = RunQuery(namespace: workflow.namespace, limit: 0)
    query.application = workflow.application
    query.workflow = workflow.workflow
    query.version = request.version == 0 ? nil : Int(request.version)
    query.statuses = [.completed]
    (query.since, query.until) = try RunFilters.timeRange(request.since, request.until)
    self.query = query
  }
}

/// Sums over runs, run by run (G63).
private struct RunSums {
  private struct Node {
    var runs = 0
    var attempts = 0
    var durations: [(milliseconds: Int64, run: RunID)] = []
    var decidedTrue = 0
    var decidedFalse = 0
  }

  /// How many runs a percentile names.
  private static let mostNamedRuns = 100

  let percentiles: [Int]
  private(set) var newestVersion: Int?
  private var runs = 0
  private var durations: [(milliseconds: Int64, run: RunID)] = []
  private var nodes: [String: Node] = [:]

  init(percentiles: [Int]) {
    self.percentiles = percentiles
  }

  mutating func add(_ run: RunRecord, _ figures: [NodeFigures]) {
    let id = run.header.id
    runs += 1
    newestVersion = max(newestVersion ?? 0, run.header.version)
    if let started = run.state.started, let ended = run.state.ended {
      durations.append((max(0, ended.milliseconds - started.milliseconds), id))
    }
    for figure in figures where figure.attempts > 0 {
      var node = nodes[figure.node] ?? Node()
      node.runs += 1
      node.attempts += figure.attempts
      if let milliseconds = figure.milliseconds { node.durations.append((milliseconds, id)) }
      if figure.outcome == true { node.decidedTrue += 1 }
      if figure.outcome == false { node.decidedFalse += 1 }
      nodes[figure.node] = node
    }
  }

  /// The answer.
  ///
  /// - Parameter order: The nodes of the newest version in graph order; others follow by name.
  /// - Returns: The sums, with the percentiles asked for.
  func response(order: [String]) -> Wire.GetRunStatisticsResponse {
    let known = Set(order)
    let others = nodes.keys.filter { !known.contains($0) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var response = Wire.GetRunStatisticsResponse()
    response.runs = UInt32(clamping: runs)
    response.durations = figures(durations)
    response.nodes = (order + others).compactMap { name in
      guard let node = nodes[name] else { return nil }
      var shown = Wire.NodeStatistics()
      shown.node = name
      shown.runs = UInt32(clamping: node.runs)
      shown.attempts = UInt32(clamping: node.attempts)
      shown.durations = figures(node.durations)
      shown.outcomeTrue = UInt32(clamping: node.decidedTrue)
      shown.outcomeFalse = UInt32(clamping: node.decidedFalse)
      return shown
    }
    return response
  }

  private func figures(
    _ durations: [(milliseconds: Int64, run: RunID)]
  ) -> Wire.DurationStatistics? {
    let sorted = durations.sorted { ($0.milliseconds, $0.run) < ($1.milliseconds, $1.run) }
    guard let shortest = sorted.first, let longest = sorted.last else { return nil }
    var figures = Wire.DurationStatistics()
    figures.count = UInt32(clamping: sorted.count)
    figures.meanMs = sorted.reduce(0) { $0 + Double($1.milliseconds) } / Double(sorted.count)
    figures.minMs = shortest.milliseconds
    figures.maxMs = longest.milliseconds
    figures.percentiles = percentiles.map { percentile in
      let position = min(sorted.count - 1, percentile * sorted.count / 100)
      let value = sorted[position].milliseconds
      let first = sorted.partitioningIndex { $0.milliseconds >= value }
      var figure = Wire.PercentileFigure()
      figure.percentile = UInt32(clamping: percentile)
      figure.durationMs = value
      figure.runIDs = sorted[first...].reversed().prefix(Self.mostNamedRuns)
        .map { $0.run.description }
      figure.runsTotal = UInt32(clamping: sorted.count - first)
      return figure
    }
    return figures
  }
}

extension Array {
  /// The first place from which on a condition holds; it never holds before and always behind.
  fileprivate func partitioningIndex(_ holds: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
