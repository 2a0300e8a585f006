internal import BatonCore
internal import BatonStore

/// The present statuses of the attempts that put, each looked up once (T15).
struct AttemptStatuses {
  private let run: RunID
  private let reader: any StoreReader
  private var known: [AttemptID: AttemptStatus] = [:]

  init(_ run: RunID, _ reader: any StoreReader) {
    self.run = run
    self.reader = reader
  }

  /// A put with the status of its attempt; attempt 0, of the trigger, is COMPLETED.
  mutating func entry(_ put: TokenPut) throws -> TokenEntry {
    TokenEntry(put: put, attemptStatus: try status(put))
  }

  private mutating func status(_ put: TokenPut) throws -> AttemptStatus {
    guard put.attempt > 0 else { return .completed }
    let id = AttemptID(run: run, node: put.node, attempt: put.attempt)
    if let status = known[id] { return status }
    let status = try reader.attemptStatus(id) ?? .completed
    known[id] = status
    return status
  }
}
