extension Timestamp {
  /// The moment in the form `2026-01-31T08:00:00.000Z` (CT1).
  public var rfc3339: String {
    let (days, inDay) = Self.floorDivision(milliseconds, 86_400_000)
    let (year, month, day) = Self.civil(days)
    let time = Int(inDay)
    var text = ""
    text.reserveCapacity(24)
    Self.append(year, 4, to: &text)
    text += "-"
    Self.append(month, 2, to: &text)
    text += "-"
    Self.append(day, 2, to: &text)
    text += "T"
    Self.append(time / 3_600_000, 2, to: &text)
    text += ":"
    Self.append(time / 60_000 % 60, 2, to: &text)
    text += ":"
    Self.append(time / 1000 % 60, 2, to: &text)
    text += "."
    Self.append(time % 1000, 3, to: &text)
    text += "Z"
    return text
  }

  private static func append(_ number: Int, _ width: Int, to text: inout String) {
    let digits = String(number)
    for _ in 0..<max(0, width - digits.utf8.count) { text += "0" }
    text += digits
  }

  private static func floorDivision(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
    let remainder = value % by
    return remainder < 0 ? (value / by - 1, remainder + by) : (value / by, remainder)
  }

  /// Year, month and day of the proleptic Gregorian calendar, from days since 1970-01-01.
  private static func civil(_ days: Int64) -> (Int, Int, Int) {
    let shifted = days + 719_468
    let (era, dayOfEra) = floorDivision(shifted, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (Int(year), Int(month), Int(day))
  }
}
