internal import ArgumentParser

/// A duration on the command line: an integer and `ms`, `s`, `m`, `h` or `d` (G5).
package struct DurationArgument: ExpressibleByArgument, Hashable, Sendable {
  /// The duration in milliseconds, at most 365 days.
  package let milliseconds: Int64

  package init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let factor: Int64? =
      switch argument.dropFirst(digits.count) {
      case "ms": 1
      case "s": 1000
      case "m": 60_000
      case "h": 3_600_000
      case "d": 86_400_000
      default: nil
      }
    guard let factor, let number = Int64(digits), number <= 365 * 86_400_000 / factor else {
      return nil
    }
    milliseconds = number * factor
  }

  /// The duration.
  package var duration: Duration { .milliseconds(milliseconds) }
}
