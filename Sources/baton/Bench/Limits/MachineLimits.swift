/// What the machine gives without Baton, so that figures can be read against it (P2).
struct MachineLimits {
  /// Round trips with both sides on one core, and with a core for each.
  var pingPongOnOneCore: Rate
  var pingPongOnTwoCores: Rate
  var fdatasync: Rate
  /// Items (two rows each) per second, by items in a commit.
  var sqliteCommits: [(items: Int, perSecond: Double)]
  var spawns: Double
  var spawnsOnTwoCores: Double

  /// A number per second with the median time of one.
  struct Rate {
    var perSecond: Double
    var p50Microseconds: Double

    /// The rate of things that took these nanoseconds.
    init(_ nanoseconds: [UInt64], seconds: Double) {
      perSecond = Double(nanoseconds.count) / max(seconds, 1e-9)
      let sorted = nanoseconds.sorted()
      p50Microseconds = sorted.isEmpty ? 0 : Double(sorted[sorted.count / 2]) / 1000
    }
  }

  /// Measures everything, each for a part of the time.
  ///
  /// - Throws: INVALID_ARGUMENT `file_unreadable` where the directory cannot be written.
  static func measure(directory: String, seconds: Double) throws -> MachineLimits {
    let part = max(0.2, seconds / 8)
    let cores = BlockingThread.cores
    let (first, second) = (cores.first ?? 0, cores.last ?? 0)
    return MachineLimits(
      pingPongOnOneCore: try LoopbackPingPong.measure(seconds: part, cores: (first, first)),
      pingPongOnTwoCores: try LoopbackPingPong.measure(seconds: part, cores: (first, second)),
      fdatasync: try DiskSync.measure(directory: directory, seconds: part),
      sqliteCommits: try [1, 32, 512].map { items in
        (items, try SQLiteCommits.measure(directory: directory, items: items, seconds: part))
      },
      spawns: SpawnRate.measure(threads: 1, seconds: part),
      spawnsOnTwoCores: SpawnRate.measure(threads: 2, seconds: part))
  }

  var json: JSONValue {
    var commits = JSONObject()
    for commit in sqliteCommits { commits.add(String(commit.items), Self.number(commit.perSecond)) }
    var object = JSONObject()
    object.add(
      "pingPong",
      .object([
        .init("oneCore", Self.rate(pingPongOnOneCore)),
        .init("twoCores", Self.rate(pingPongOnTwoCores)),
      ]))
    object.add("fdatasync", Self.rate(fdatasync))
    object.add("sqliteCommits", commits.value)
    object.add(
      "spawnWait",
      .object([
        .init("perSecond", Self.number(spawns)),
        .init("perSecondTwoCores", Self.number(spawnsOnTwoCores)),
      ]))
    return object.value
  }

  var lines: [String] {
    func text(_ value: Double) -> String { Self.number(value).text }
    func line(_ label: String, _ rate: Rate) -> String {
      "\(label)\(text(rate.perSecond))/s, p50 \(text(rate.p50Microseconds)) µs"
    }
    var lines = [
      line("ping-pong, one core  ", pingPongOnOneCore),
      line("ping-pong, two cores ", pingPongOnTwoCores),
      line("fdatasync            ", fdatasync),
    ]
    for commit in sqliteCommits {
      let label = "SQLite, \(commit.items) a commit"
      let padding = String(repeating: " ", count: max(1, 21 - label.count))
      lines.append("\(label)\(padding)\(text(commit.perSecond)) items/s of two rows")
    }
    lines.append(
      "spawn and wait       \(text(spawns))/s, on two cores \(text(spawnsOnTwoCores))/s")
    return lines
  }

  private static func rate(_ rate: Rate) -> JSONValue {
    .object([
      .init("perSecond", number(rate.perSecond)),
      .init("p50Microseconds", number(rate.p50Microseconds)),
    ])
  }

  private static func number(_ value: Double) -> JSONValue {
    .double(BenchReport.rounded(value, 10))
  }
}
