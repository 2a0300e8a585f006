internal import BatonCore

extension SQLiteReader {
  func items(
    of run: RunID, node: String, after index: Int?, statuses: Set<ItemStatus>, limit: Int
  ) throws -> [ItemRecord] {
    if try isRemoved(run) { return [] }
    let wanted = statuses.isEmpty ? Set(ItemStatus.allCases) : statuses
    return try session.all(.items) { row in
      row.bind(1, run)
      row.bind(2, node)
      row.bind(3, index ?? -1)
      row.bind(4, wanted.reduce(0) { $0 | 1 << Int($1.rawValue) })
      row.bind(5, max(0, limit))
    } _: {
      try $0.itemRecord(of: run, node)
    }
  }

  func itemCounts(of run: RunID, node: String) throws -> [ItemStatus: Int] {
    if try isRemoved(run) { return [:] }
    var counts: [ItemStatus: Int] = [:]
    _ = try session.first(.itemCounts) { row in
      row.bind(1, run)
      row.bind(2, node)
    } _: { row in
      for (column, status) in ItemStatus.allCases.enumerated() {
        let count = row.int(Int32(column))
        if count > 0 { counts[status] = count }
      }
    }
    return counts
  }

  func itemAttempts(
    of run: RunID, node: String, indexes: ClosedRange<Int>?
  ) throws -> [AttemptRecord] {
    if try isRemoved(run) { return [] }
    return try session.all(.itemAttempts) { row in
      row.bind(1, run)
      row.bind(2, node)
      row.bind(3, indexes?.lowerBound ?? 0)
      row.bind(4, indexes?.upperBound ?? .max)
    } _: {
      try $0.itemAttemptRecord()
    }
  }

  func runningItemAttempts(of run: RunID) throws -> [AttemptRecord] {
    if try isRemoved(run) { return [] }
    return try session.all(
      .runningItemAttempts, { $0.bind(1, run) }, { try $0.itemAttemptRecord() })
  }

  func itemAttempt(_ id: AttemptID, _ item: AttemptID.Item) throws -> AttemptRecord? {
    try session.first(.itemAttempt) { row in
      row.bind(1, id.run)
      row.bind(2, id.node)
      row.bind(3, id.attempt)
      row.bind(4, item.index)
      row.bind(5, item.attempt)
    } _: {
      try $0.itemAttemptRecord()
    }
  }

  func nodeFigures(of run: RunID) throws -> [NodeFigures] {
    if try isRemoved(run) { return [] }
    func figure(_ row: RawStatement) -> NodeFigures {
      NodeFigures(
        node: row.text(0), attempts: 0, milliseconds: nil,
        outcome: row.optionalInt(1).map { $0 != 0 })
    }
    var figures = try session.all(.nodeFigures, { $0.bind(1, run) }, figure)
    let places = Dictionary(
      figures.enumerated().map { ($1.node, $0) }, uniquingKeysWith: { first, _ in first })
    let row = try session.statement(.attemptFigures)
    row.bind(1, run)
    defer { row.reset() }
    while try row.step() {
      // Attempts of hooks bear the workflow's name, which no node has.
      guard let place = places[row.text(0)] else { continue }
      let cause: AttemptCause = try row.value(1)
      figures[place].count(cause, started: row.time(2), ended: row.optionalTime(3))
    }
    return figures.filter { $0.attempts > 0 }
  }
}
