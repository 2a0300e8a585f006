package import BatonClient
internal import Glibc

/// Moments and durations for people.
package struct TimeText: Sendable {
  /// Whether times are in UTC instead of local time.
  package var isUTC: Bool

  package init(isUTC: Bool) {
    self.isUTC = isUTC
  }

  /// A moment to the second with its zone, `2026-01-31 09:00:00 CET`.
  package func text(_ time: Timestamp) -> String {
    let seconds = Self.floor(time.milliseconds, by: 1000)
    var clock = time_t(seconds)
    var parts = tm()
    if isUTC {
      gmtime_r(&clock, &parts)
    } else {
      localtime_r(&clock, &parts)
    }
    let date = [
      Self.padded(Int(parts.tm_year) + 1900, 4), Self.padded(Int(parts.tm_mon) + 1, 2),
      Self.padded(Int(parts.tm_mday), 2),
    ]
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.padded(Int($0), 2) }
    let zone = isUTC ? "UTC" : parts.tm_zone.map { String(cString: $0) } ?? ""
    return "\(date.joined(separator: "-")) \(time.joined(separator: ":")) \(zone)"
  }

  /// A moment, or nothing.
  package func text(_ time: Timestamp?) -> String {
    time.map { text($0) } ?? ""
  }

  /// A duration in its two greatest units: `870 ms`, `3.2 s`, `4m 10s`, `2h 05m`, `3d 04h`.
  package static func duration(_ duration: Duration) -> String {
    let (whole, attoseconds) = duration.components
    let milliseconds = whole * 1000 + attoseconds / 1_000_000_000_000_000
    let seconds = milliseconds / 1000
    switch seconds {
    case ..<1: return "\(milliseconds) ms"
    case ..<60: return "\(seconds).\(milliseconds % 1000 / 100) s"
    case ..<3600: return "\(seconds / 60)m \(padded(Int(seconds % 60), 2))s"
    case ..<86_400: return "\(seconds / 3600)h \(padded(Int(seconds / 60 % 60), 2))m"
    default: return "\(seconds / 86_400)d \(padded(Int(seconds / 3600 % 24), 2))h"
    }
  }

  /// The present moment.
  static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  private static func floor(_ value: Int64, by divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : (value - divisor + 1) / divisor
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
