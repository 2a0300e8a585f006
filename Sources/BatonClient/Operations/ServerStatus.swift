public import BatonCore
package import BatonWire

/// The state of a server and its store.
public struct ServerStatus: Sendable, Hashable {
  /// The state of the store.
  public struct Store: Sendable, Hashable {
    /// Its kind, such as `sqlite`.
    public var kind: String
    /// The size of the database in bytes.
    public var databaseBytes: Int64
    /// The free space where it lies, in bytes.
    public var freeBytes: Int64
    /// The runs stored.
    public var runs: UInt64
    /// The newest event.
    public var eventNumber: UInt64
    /// The oldest event still kept.
    public var oldestEvent: UInt64
    /// Whether it can be written.
    public var isWritable: Bool
    /// What its commit queue has done; nil where the server does not say.
    public var commits: Commits?
  }

  /// What a commit queue has done since the server started.
  ///
  /// Sizes of batches, and the times of commits and of waiting, follow from two readings.
  public struct Commits: Sendable, Hashable {
    /// Committed batches.
    public var batches: UInt64
    /// Changes in them.
    public var units: UInt64
    /// The most changes of one batch.
    public var largestBatch: UInt64
    /// The time spent in commits: writing the log and waiting for the device.
    public var commitTime: Duration
    /// The longest commit.
    public var longestCommit: Duration
    /// How long the changes waited for their batch to begin, all together.
    public var waitingTime: Duration
    /// The longest of these waits.
    public var longestWait: Duration
    /// The time spent in batches, commits included.
    public var busyTime: Duration
    /// Batches that ran a second time because of a change that failed.
    public var restarts: UInt64
    /// Batches that were given up because of the device or the file.
    public var failures: UInt64
    /// Changes that wait or are under way now.
    public var depth: UInt64
  }

  /// A consumer of the event log.
  public struct Consumer: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The last event that it has passed.
    public var offset: UInt64
    /// The events that it has not passed.
    public var behind: UInt64
    /// When it last moved.
    public var seen: Timestamp?
  }

  /// The version of Baton.
  public var serverVersion: String
  /// The version of the database schema.
  public var schemaVersion: Int
  /// The version of the time zone database.
  public var timeZoneVersion: String?
  /// When the server started.
  public var started: Timestamp
  /// The full names of the services served there.
  public var services: [String]
  /// Whether it is ready.
  public var isReady: Bool
  /// Why not: `draining`, `store_read_only`, `disk_full` or `unavailable`.
  public var notReadyReason: String?
  /// The state of its store; nil where the server does not say.
  public var store: Store?
  /// Registered consumers of the event log.
  public var consumers: [Consumer]
  /// Namespaces that accept compat triggers.
  public var compatNamespaces: [String]
  /// The active runs.
  public var activeRuns: UInt64
  /// The attempts under way.
  public var runningAttempts: UInt64
  /// The open connections.
  public var connections: Int
  /// What needs attention.
  public var warnings: [Problem]
}

extension BatonClient {
  /// Reads the state of the server and its store.
  ///
  /// - Throws: PERMISSION_DENIED `not_permitted` to who does not run the installation.
  public func serverStatus() async throws -> ServerStatus {
    ServerStatus(try await operations.getStatus(Wire.GetStatusRequest()))
  }
}

extension ServerStatus {
  /// The value that a message of the contract stands for.
  package init(_ wire: Wire.GetStatusResponse) {
    serverVersion = wire.serverVersion
    schemaVersion = Int(wire.schemaVersion)
    timeZoneVersion = wire.timeZoneVersion.nonEmpty
    started = Timestamp(milliseconds: wire.started)
    services = wire.services
    isReady = wire.ready
    notReadyReason = wire.notReadyReason.nonEmpty
    store = wire.store.map(Store.init)
    consumers = wire.consumers.map { consumer in
      Consumer(
        name: consumer.name, offset: consumer.offset, behind: consumer.behind,
        seen: Timestamp(wire: consumer.seen))
    }
    compatNamespaces = wire.compatNamespaces
    activeRuns = wire.activeRuns
    runningAttempts = wire.runningAttempts
    connections = Int(wire.connections)
    warnings = wire.warnings.map(Problem.init)
  }
}

extension ServerStatus.Store {
  init(_ wire: Wire.StoreStatus) {
    kind = wire.kind
    databaseBytes = wire.databaseBytes
    freeBytes = wire.freeBytes
    runs = wire.runs
    eventNumber = wire.eventNumber
    oldestEvent = wire.oldestEvent
    isWritable = wire.writable
    commits = wire.commits.map(ServerStatus.Commits.init)
  }
}

extension ServerStatus.Commits {
  init(_ wire: Wire.CommitStatus) {
    batches = wire.batches
    units = wire.units
    largestBatch = wire.largestBatch
    commitTime = .microseconds(Int64(clamping: wire.commitUs))
    longestCommit = .microseconds(Int64(clamping: wire.longestCommitUs))
    waitingTime = .microseconds(Int64(clamping: wire.waitingUs))
    longestWait = .microseconds(Int64(clamping: wire.longestWaitUs))
    busyTime = .microseconds(Int64(clamping: wire.busyUs))
    restarts = wire.restarts
    failures = wire.failures
    depth = wire.depth
  }
}
