internal import BatonCore

/// Statuses without the records around them, for checks within units of work.
extension SQLiteReader {
  func runStatus(_ id: RunID) throws -> RunStatus? {
    try session.first(.runStatus, { $0.bind(1, id) }, { try $0.value(0) })
  }

  func attemptStatus(_ id: AttemptID) throws -> AttemptStatus? {
    try session.first(id.item == nil ? .attemptStatus : .itemAttemptStatus) { row in
      row.bind(1, id.run)
      row.bind(2, id.node)
      row.bind(3, id.attempt)
      if let item = id.item {
        row.bind(4, item.index)
        row.bind(5, item.attempt)
      }
    } _: {
      try $0.value(0)
    }
  }
}
