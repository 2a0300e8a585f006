internal import ArgumentParser
package import BatonClient

/// A moment on the command line: RFC 3339 (`2026-01-31T08:00:00Z`), a day (`2026-01-31`, in UTC),
/// milliseconds since 1970, or how long ago (`15m`, `2h`, `7d`).
package struct TimeArgument: ExpressibleByArgument, Hashable, Sendable {
  private enum Kind: Hashable, Sendable {
    case moment(Int64)
    case ago(Int64)
  }

  private let kind: Kind

  package init?(argument: String) {
    if let span = DurationArgument(argument: argument) {
      kind = .ago(span.milliseconds)
    } else if let number = Int64(argument), argument.utf8.count > 4 {
      kind = .moment(number)
    } else if let moment = Self.rfc3339(argument) {
      kind = .moment(moment)
    } else {
      return nil
    }
  }

  /// The moment.
  package func timestamp(now: Timestamp) -> Timestamp {
    switch kind {
    case .moment(let milliseconds): Timestamp(milliseconds: milliseconds)
    case .ago(let milliseconds): Timestamp(milliseconds: now.milliseconds - milliseconds)
    }
  }

  /// Milliseconds since 1970 of a day, or of a day and a time with a zone.
  private static func rfc3339(_ text: String) -> Int64? {
    var rest = Scanner(text)
    guard let year = rest.digits(4), rest.take("-"), let month = rest.digits(2), rest.take("-"),
      let day = rest.digits(2), (1...12).contains(month),
      (1...days(in: month, of: year)).contains(day)
    else { return nil }
    let midnight = daysSince1970(year, month, day) * 86_400_000
    if rest.isAtEnd { return midnight }
    guard rest.take("T") || rest.take("t") || rest.take(" "), let hour = rest.digits(2),
      rest.take(":"), let minute = rest.digits(2), rest.take(":"), let second = rest.digits(2),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let fraction = rest.fraction()
    guard let offset = rest.zone(), rest.isAtEnd else { return nil }
    return midnight + Int64(hour * 3600 + minute * 60 + second) * 1000 + fraction - offset
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era * 146_097 + dayOfEra - 719_468)
  }

  /// Takes a text apart from its beginning.
  private struct Scanner {
    private var rest: Substring.UTF8View

    init(_ text: String) {
      rest = text[...].utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: character) else { return false }
      rest.removeFirst()
      return true
    }

    mutating func digits(_ count: Int) -> Int? {
      let digits = rest.prefix(count)
      guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
      }
      rest = rest.dropFirst(count)
      return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// The milliseconds after a point; 0 without one.
    mutating func fraction() -> Int64 {
      guard take(".") else { return 0 }
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest.dropFirst(digits.count)
      let three = (digits.map { Int64($0 - 0x30) } + [0, 0, 0]).prefix(3)
      return three.reduce(0) { $0 * 10 + $1 }
    }

    /// How many milliseconds the zone is ahead of UTC.
    mutating func zone() -> Int64? {
      if take("Z") || take("z") { return 0 }
      let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
      guard take("+") || take("-"), let hours = digits(2), take(":"), let minutes = digits(2)
      else { return nil }
      return sign * Int64(hours * 60 + minutes) * 60_000
    }
  }
}
