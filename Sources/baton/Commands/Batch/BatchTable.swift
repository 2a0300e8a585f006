internal import BatonClient

/// Answers of BatchRuns in a table: a row for each run, and for each program without one.
enum BatchTable {
  /// The rows, in the order asked.
  static func table(
    _ answers: [(BatchFile.Item, BatchElement?)], _ times: TimeText, now: Timestamp
  ) -> Table {
    var table = Table([
      .init("PROGRAM", shrinksTo: 14), .init("RUN"), .init("STATUS"),
      .init("VERSION", isNumber: true), .init("CREATED"), .init("TIME", isNumber: true),
      .init("NOTE", shrinksTo: 12),
    ])
    for (item, answer) in answers {
      let name = name(item, answer)
      guard let answer, answer.statusCode == 200 else {
        table.add([
          .init(name), "", .init(String(answer?.statusCode ?? 400), .bad), "", "", "",
          .init(note(item, answer)),
        ])
        continue
      }
      if answer.runs.isEmpty { table.add([.init(name), "", "", "", "", "", "no run"]) }
      for (position, run) in answer.runs.enumerated() {
        table.add([
          .init(position == 0 ? name : ""), .init(String(run.id.prefix(RunTable.idLength))),
          .status(run.status.rawValue), .init(String(run.version)),
          .init(times.text(run.created)),
          .init(run.duration(now: now).map(TimeText.duration) ?? ""), .init(run.reason ?? ""),
        ])
      }
    }
    return table
  }

  private static func name(_ item: BatchFile.Item, _ answer: BatchElement?) -> String {
    switch item {
    case .program(let program):
      let type = answer?.programType ?? program.programType
      let middle = type == "WORKFLOW" || type.isEmpty ? "" : "\(type)/"
      let namespace = program.namespace.map { "\($0):" } ?? ""
      return "\(namespace)\(program.application)/\(middle)\(program.program)"
    case .wrong(let refusal):
      return "\(refusal.application ?? "?")/\(refusal.program ?? "?")"
    }
  }

  private static func note(_ item: BatchFile.Item, _ answer: BatchElement?) -> String {
    switch item {
    case .program: "\(answer?.reason ?? ""): \(answer?.message ?? "")"
    case .wrong(let refusal): "\(refusal.reason): \(refusal.message)"
    }
  }
}
