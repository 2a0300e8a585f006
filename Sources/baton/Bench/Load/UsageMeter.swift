internal import Glibc

/// Measures the processor time of this process and of the server.
struct UsageMeter {
  private let serverPID: Int32?
  private let client: Double
  private let server: Double?

  /// Begins to measure.
  init(serverPID: Int32?) {
    self.serverPID = serverPID
    client = Self.ownSeconds()
    server = serverPID.flatMap(Self.seconds)
  }

  /// The seconds used since the beginning.
  func seconds() -> (client: Double, server: Double?) {
    var used: Double?
    if let server, let now = serverPID.flatMap(Self.seconds) { used = now - server }
    return (Self.ownSeconds() - client, used)
  }

  private static func ownSeconds() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// User and system time of a process, from /proc/PID/stat.
  private static func seconds(of pid: Int32) -> Double? {
    guard let bytes = try? InputFile.read("/proc/\(pid)/stat") else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    // The name in parentheses may hold anything; fields are counted after it.
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      return nil
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
