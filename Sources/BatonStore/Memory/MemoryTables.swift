internal import BatonCore

/// The state of a ``MemoryStore``, with a log that undoes a unit.
///
/// Touched under the lock of its ``MemoryBackend`` alone.
final class MemoryTables {
  /// All that belongs to one run.
  final class Run {
    var record: RunRecord
    /// By rank.
    var nodes: [NodeRecord]
    var attempts: [String: [AttemptRecord]] = [:]
    var events: [EventRecord] = []
    var puts: [TokenPut] = []
    /// By node, then index.
    var items: [String: [Int: ItemRecord]] = [:]
    /// By node, then index; attempts by number.
    var itemAttempts: [String: [Int: [AttemptRecord]]] = [:]
    /// Revisions that were stored, by number.
    var envRevisions: [EnvRevision] = []
    var token: TokenSnapshot

    init(_ record: RunRecord, _ nodes: [NodeRecord]) {
      self.record = record
      self.nodes = nodes.sorted { $0.rank < $1.rank }
      token = TokenSnapshot(
        run: TokenSnapshot.Run(record.header), status: record.state.status, keepsHistory: true)
    }

    var cursor: RunCursor { RunCursor(created: record.header.created, id: record.header.id) }
  }

  struct Application: Hashable {
    var namespace: String
    var name: String
  }

  struct External: Hashable {
    var workflow: WorkflowID
    var id: String
  }

  struct Remembered {
    var bodyHash: [UInt8]
    var answer: [UInt8]
    var time: Timestamp
  }

  /// The commit time of the units being performed.
  var now = Timestamp(milliseconds: 0)
  var applications: [Application: [ApplicationRecord]] = [:]
  /// The newest version that had a program.
  var programs: [Application: [ProgramReference: Int]] = [:]
  /// The last versions of applications that were removed.
  var removed: [Application: Int] = [:]
  /// Ids that triggers brought for runs that were removed.
  var removedIDs: Set<External> = []
  var runs: [RunID: Run] = [:]
  /// All runs in the order of creation, then id.
  var order: [Run] = []
  var external: [External: RunID] = [:]
  var credentials: [[UInt8]: AttemptID] = [:]
  var events: [EventRecord] = []
  var lastEvent: UInt64 = 0
  var requests: [RequestKey: Remembered] = [:]

  /// Runs that the unit changed.
  private(set) var touched = ChangeFeed.Touched()
  private var undo: [() -> Void] = []

  init() {}

  /// Begins a unit.
  func beginUnit() {
    undo = []
    touched = ChangeFeed.Touched()
  }

  /// Keeps what the unit did.
  func endUnit() -> ChangeFeed.Touched {
    undo = []
    return touched
  }

  /// Undoes what the unit did.
  func undoUnit() {
    while let step = undo.popLast() { step() }
    touched = ChangeFeed.Touched()
  }

  /// Notes how to undo the step that follows.
  func undoing(_ step: @escaping () -> Void) { undo.append(step) }

  /// Notes that the unit changes a run.
  func touch(_ run: RunID) { touched.runs.insert(run) }

  /// Notes that the unit appends events.
  func touchEvents() { touched.events = true }

  /// The run, which must be there.
  ///
  /// - Throws: NOT_FOUND `run_not_found`.
  func required(_ id: RunID) throws -> Run {
    guard let run = runs[id] else { throw BatonError(.notFound, "run_not_found", "no run \(id)") }
    return run
  }

  /// Where a run stands, or belongs, in the order of creation.
  func place(_ cursor: RunCursor) -> Int {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if order[middle].cursor < cursor { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
