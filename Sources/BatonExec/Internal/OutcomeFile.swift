internal import BatonCore
internal import Glibc

/// The `outcome` file of an attempt's directory (`outcome.c`): lines of a word and its values.
enum OutcomeFile {
  /// The outcome in a directory, or nil when there is none that is whole.
  ///
  /// - Throws: When it is there and cannot be read now.
  static func read(
    directory: String, name: String = "outcome"
  ) throws(ExecError) -> ProcessOutcome? {
    do {
      return try Files.readText(directory + "/" + name).flatMap(parse)
    } catch  where error.code == .invalid {
      return nil  // a pipe, a link: the program's doing
    }
  }

  static func parse(_ text: String) -> ProcessOutcome? {
    let lines = text.split(separator: "\n")
    guard lines.first == "baton-outcome 1", lines.last == "end" else { return nil }
    var exit: ProcessOutcome.Exit?
    var outcome = ProcessOutcome(exit: .lost, endedAt: Timestamp(milliseconds: 0))
    var report = KillReport(requested: false)
    var hasReport = false
    for line in lines.dropFirst().dropLast() {
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      let value = words.count > 1 ? words[1] : ""
      if words[0] == "exit" {
        exit = parseExit(value)
      } else if words[0].hasPrefix("kill_") || words[0] == "survivor" {
        hasReport = true
        read(words[0], value, into: &report)
      } else {
        read(words[0], value, into: &outcome)
      }
    }
    guard let exit else { return nil }
    outcome.exit = exit
    if hasReport { outcome.kill = report }
    return outcome
  }

  private static func parseExit(_ value: Substring) -> ProcessOutcome.Exit? {
    let words = value.split(separator: " ", maxSplits: 2)
    if words.first == "lost" { return .lost }
    guard words.count >= 2 else { return nil }
    switch words[0] {
    case "code": return number(words[1], 0...255).map { .exited(code: Int($0)) }
    case "signal": return number(words[1], 1...64).map { .signaled(Int($0)) }
    case "exec_failed":
      guard let errno = number(words[1], 0...4095) else { return nil }
      let stage = words.count > 2 ? words[2] : "exec"
      let why = Files.message(Int32(errno))
      return .execFailed(
        errno: Int(errno),
        message: stage == "exec"
          ? "the program cannot be executed: \(why)" : "its \(stage) cannot be set up: \(why)")
    default: return nil
    }
  }

  /// A number as a shim writes it; nil for what a program has put there in its place.
  private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
    guard let number = Int64(text), range.contains(number) else { return nil }
    return number
  }

  /// The end of the year 9999.
  private static let lastTime: Int64 = 253_402_300_799_999
  private static let greatestCount = Int64(Int32.max)
  /// Of milliseconds or microseconds, of KiB: far from where sums overflow.
  private static let greatestAmount: Int64 = 1 << 50

  private static func read(
    _ word: Substring, _ value: Substring, into outcome: inout ProcessOutcome
  ) {
    switch word {
    case "started":
      outcome.startedAt = number(value, 1...lastTime).map(Timestamp.init(milliseconds:))
    case "ended":
      outcome.endedAt = Timestamp(milliseconds: number(value, 0...lastTime) ?? 0)
    case "cpu_us": outcome.cpuTime = .microseconds(number(value, 0...greatestAmount) ?? 0)
    case "max_rss_kb":
      outcome.maximumResidentBytes = UInt64(number(value, 0...greatestAmount) ?? 0) * 1024
    case "stdout": outcome.standardOutput = totals(value)
    case "stderr": outcome.standardError = totals(value)
    case "leftover_killed": outcome.leftoverKilled = Int(number(value, 0...greatestCount) ?? 0)
    case "limit_exceeded": outcome.limitExceeded = String(value)
    case "limit_unenforced": outcome.limitsUnenforced.append(String(value))
    default: break  // a later version's line
    }
  }

  private static func totals(_ value: Substring) -> LogTotals {
    let numbers = value.split(separator: " ").map { UInt64(number($0, 0...Int64.max) ?? 0) }
    guard numbers.count == 2 else { return LogTotals() }
    return LogTotals(written: numbers[0], dropped: numbers[1])
  }

  private static func read(
    _ word: Substring, _ value: Substring, into report: inout KillReport
  ) {
    switch word {
    case "kill_requested": report.requested = value == "1"
    case "kill_ended": report.processesEnded = Int(number(value, 0...greatestCount) ?? 0)
    case "kill_ms": report.elapsed = .milliseconds(number(value, 0...greatestAmount) ?? 0)
    case "kill_proof": report.proof = KillReport.Proof(rawValue: String(value)) ?? .processScan
    case "kill_reason": report.reason = String(value)
    case "survivor":
      let words = value.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3, let pid = number(words[0], 1...greatestCount),
        let start = UInt64(words[1])
      else { return }
      report.survivors.append(
        KillReport.Survivor(pid: Int(pid), startTicks: start, command: String(words[2])))
    default: break
    }
  }
}
