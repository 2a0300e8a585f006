extension LocalExecutor {
  /// How an executor of local processes works.
  package struct Configuration: Sendable {
    /// Where attempts get cgroups of their own.
    package enum Cgroups: Hashable, Sendable {
      /// Below this process's own cgroup v2 if that is writable, else nowhere.
      case automatic
      /// Nowhere: processes are found by subreaper and process scan.
      case disabled
      /// Below this directory of a cgroup2 file system.
      case below(String)
    }

    /// The data directory, an absolute path; attempts are in `attempts/` of it.
    package var dataDirectory: String
    /// The path of the `baton-shim` program.
    package var shim: String
    package var cgroups: Cgroups
    /// The size of a log segment (G55: 8 MiB).
    package var segmentBytes: UInt64
    /// How many segments are kept beside the first (G55: 7); at most 63.
    package var newestSegments: Int
    /// The time between TERM and KILL for what outlives the main process (G56: 2 s).
    package var leftoverGrace: Duration
    /// Whether outcomes are on the disk before they are told (G59).
    ///
    /// Off in benchmarks only.
    package var synchronizesOutcomes: Bool

    package init(
      dataDirectory: String, shim: String, cgroups: Cgroups = .automatic,
      segmentBytes: UInt64 = 8 << 20, newestSegments: Int = 7,
      leftoverGrace: Duration = .seconds(2), synchronizesOutcomes: Bool = true
    ) {
      self.dataDirectory = dataDirectory
      self.shim = shim
      self.cgroups = cgroups
      self.segmentBytes = segmentBytes
      self.newestSegments = newestSegments
      self.leftoverGrace = leftoverGrace
      self.synchronizesOutcomes = synchronizesOutcomes
    }

    var launchSettings: LaunchFile.Settings {
      LaunchFile.Settings(
        segmentBytes: max(segmentBytes, 1),
        newestSegments: UInt32(clamping: max(newestSegments, 1)),
        leftoverGrace: leftoverGrace, synchronize: synchronizesOutcomes)
    }

    var cgroupArgument: String {
      switch cgroups {
      case .automatic: "auto"
      case .disabled: "none"
      case .below(let path): path
      }
    }
  }
}
