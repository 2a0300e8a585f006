package import BatonClient

/// Statistics of a workflow as lines and as JSON (G63).
package enum StatsText {
  /// A table of the run and its nodes, and the runs that took longest.
  package static func lines(_ statistics: RunStatistics, on terminal: Terminal) -> [String] {
    guard let durations = statistics.durations else { return ["no completed runs"] }
    let percentiles = durations.percentiles.map(\.percentile)
    var table = Table(
      [.init("NODE", shrinksTo: 10), .init("RUNS", isNumber: true)]
        + [.init("ATTEMPTS", isNumber: true), .init("TRUE/FALSE", isNumber: true)]
        + [.init("MEAN", isNumber: true)]
        + percentiles.map { .init("P\($0)", isNumber: true) }
        + [.init("MAX", isNumber: true)])
    table.add(
      [.init("(run)", .bold), .init(String(statistics.runs)), "", ""]
        + times(durations, percentiles))
    for node in statistics.nodes {
      let isCondition = node.decidedTrue + node.decidedFalse > 0
      table.add(
        [.init(node.node), .init(String(node.runs)), .init(String(node.attempts))]
          + [.init(isCondition ? "\(node.decidedTrue)/\(node.decidedFalse)" : "")]
          + times(node.durations, percentiles))
    }
    return table.lines(on: terminal) + outliers(durations)
  }

  private static func times(
    _ durations: RunStatistics.Durations?, _ percentiles: [Int]
  ) -> [Table.Cell] {
    guard let durations else { return Array(repeating: "", count: percentiles.count + 2) }
    let mean = Duration.milliseconds(Int64(durations.meanMilliseconds.rounded()))
    let figures = percentiles.map { percentile in
      durations.percentiles.first { $0.percentile == percentile }?.duration
    }
    return [.init(TimeText.duration(mean))]
      + figures.map { .init($0.map(TimeText.duration) ?? "") }
      + [.init(TimeText.duration(durations.longest))]
  }

  /// The runs at or above the highest percentile.
  private static func outliers(_ durations: RunStatistics.Durations) -> [String] {
    guard let highest = durations.percentiles.max(by: { $0.percentile < $1.percentile }),
      !highest.runIDs.isEmpty
    else { return [] }
    let hidden = highest.runsTotal - highest.runIDs.count
    return ["", "runs of at least \(TimeText.duration(highest.duration)):"]
      + highest.runIDs.map { "  \($0)" } + (hidden > 0 ? ["  and \(hidden) more"] : [])
  }

  /// The statistics as JSON.
  package static func json(_ statistics: RunStatistics) -> JSONValue {
    var object = JSONObject()
    object.add("runs", statistics.runs)
    if let durations = statistics.durations { object.add("durations", json(durations)) }
    object.add("nodes", .array(statistics.nodes.map(json)))
    return object.value
  }

  private static func json(_ durations: RunStatistics.Durations) -> JSONValue {
    var object = JSONObject()
    object.add("count", durations.count)
    object.add("meanMs", .double(durations.meanMilliseconds))
    object.add("minMs", durations.shortest.milliseconds)
    object.add("maxMs", durations.longest.milliseconds)
    object.add(
      "percentiles",
      .array(
        durations.percentiles.map { figure in
          var object = JSONObject()
          object.add("percentile", figure.percentile)
          object.add("durationMs", figure.duration.milliseconds)
          object.add("runIds", .array(figure.runIDs.map { .string($0) }))
          object.add("runsTotal", figure.runsTotal)
          return object.value
        }))
    return object.value
  }

  private static func json(_ node: RunStatistics.Node) -> JSONValue {
    var object = JSONObject()
    object.add("node", node.node)
    object.add("runs", node.runs)
    object.add("attempts", node.attempts)
    if let durations = node.durations { object.add("durations", json(durations)) }
    if node.decidedTrue + node.decidedFalse > 0 {
      object.add("decidedTrue", node.decidedTrue)
      object.add("decidedFalse", node.decidedFalse)
    }
    return object.value
  }
}
