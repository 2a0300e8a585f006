package import BatonClient

/// Runs in a table.
package enum RunTable {
  /// How many characters of an id tables show (C12).
  package static let idLength = 13

  /// A row for each run.
  package static func table(_ runs: [RunRecord], _ times: TimeText, now: Timestamp) -> Table {
    var table = Table([
      .init("RUN"), .init("ID", shrinksTo: 10), .init("STATUS"), .init("VERSION", isNumber: true),
      .init("CREATED"), .init("TIME", isNumber: true), .init("TRIGGER", shrinksTo: 6),
      .init("REASON", shrinksTo: 8),
    ])
    for run in runs {
      table.add([
        .init(String(run.id.prefix(idLength))), .init(run.externalID ?? ""),
        .status(run.status.rawValue), .init(String(run.version)), .init(times.text(run.created)),
        .init(run.duration(now: now).map(TimeText.duration) ?? ""),
        .init(run.schedule ?? run.trigger), .init(run.reason ?? ""),
      ])
    }
    return table
  }
}
