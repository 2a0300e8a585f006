/// Durations as application files and the command line write them: `500ms`, `30s`, `365d` (G5).
package enum DurationText {
  /// The longest duration, 365 days, in milliseconds.
  package static let maximumMilliseconds: Int64 = 365 * 86_400_000

  /// The milliseconds of an integer and a unit `ms`, `s`, `m`, `h` or `d`.
  ///
  /// - Returns: nil when the text is no duration; `Int64.max` when it does not fit.
  package static func milliseconds(_ text: String) -> Int64? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    let factor: Int64
    switch text[digits.endIndex...] {
    case "ms": factor = 1
    case "s": factor = 1000
    case "m": factor = 60_000
    case "h": factor = 3_600_000
    case "d": factor = 86_400_000
    default: return nil
    }
    guard !digits.isEmpty, digits == "0" || digits.first != "0" else { return nil }
    guard let count = Int64(digits) else { return .max }
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }

  /// The shortest text of a duration: `90000` gives `90s`.
  package static func text(milliseconds: Int64) -> String {
    let units: [(String, Int64)] = [
      ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]
    for (unit, factor) in units where milliseconds != 0 && milliseconds % factor == 0 {
      return "\(milliseconds / factor)\(unit)"
    }
    return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
  }
}
