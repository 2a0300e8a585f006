package import BatonCore

/// How a ``SQLiteStore`` is opened.
package struct SQLiteOptions: Sendable {
  /// The directory, which exists, of the database `baton.sqlite`.
  package var directory: String
  /// Whether this process alone uses the database: what is kept in memory is then authoritative.
  ///
  /// False: several processes of one host share the file (split services); every read comes from
  /// the database and the commits of the others wake watchers too.
  package var exclusive: Bool
  /// About how many bytes the tokens kept in memory take at most.
  package var tokenCacheBytes: Int
  /// Connections that read at the same time.
  package var readers: Int
  /// Snapshots that are read piece by piece at the same time, each on a connection of its own.
  package var snapshots: Int
  /// How long one of them is kept for a reader that takes its pieces slowly.
  package var snapshotTime: Duration
  /// Units of one transaction, and units queued and not completed.
  package var batch: Int
  package var outstanding: Int
  /// The most bytes to which the database may grow, like a full disk; nil: no bound but the disk.
  package var maximumBytes: Int?
  /// How long a writer waits for that of another process.
  package var busyTimeout: Duration
  /// Seconds between the attempts to find room while the disk is full or read-only.
  package var probing: Double
  /// Told once when the store has stopped for good (reliability R4).
  package var failed: @Sendable (StoreError) -> Void
  /// Told at the opening what an operator should know although the store can be used.
  package var warned: @Sendable (String) -> Void
  /// Tells commit times.
  package var clock: @Sendable () -> Timestamp

  package init(
    directory: String, exclusive: Bool = true, clock: @escaping @Sendable () -> Timestamp
  ) {
    self.directory = directory
    self.exclusive = exclusive
    self.clock = clock
    tokenCacheBytes = 128 << 20
    readers = 4
    snapshots = 8
    snapshotTime = .seconds(60)
    batch = 1024
    outstanding = 65_536
    busyTimeout = .seconds(30)
    probing = 1
    failed = { _ in }
    warned = { _ in }
  }

  /// The path of the database file.
  package var file: String { directory + "/baton.sqlite" }
}
