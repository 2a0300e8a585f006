import BatonClient
import Testing
import baton

@Suite struct TimeArgumentTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)

  @Test(
    "times are RFC 3339, days, milliseconds or how long ago",
    arguments: [
      ("2026-01-31T08:00:00Z", 1_769_846_400_000),
      ("2026-01-31T08:00:00.5Z", 1_769_846_400_500),
      ("2026-01-31t09:00:00.123456+01:00", 1_769_846_400_123),
      ("2026-01-31 02:30:00-05:30", 1_769_846_400_000),
      ("2026-01-31", 1_769_817_600_000), ("1970-01-01", 0), ("2024-02-29", 1_709_164_800_000),
      ("1769846400000", 1_769_846_400_000), ("15m", 1_799_999_100_000),
      ("7d", 1_799_395_200_000), ("0s", 1_800_000_000_000),
    ] as [(String, Int64)])
  func times(text: String, expected: Int64) {
    let time = TimeArgument(argument: text)?.timestamp(now: Self.now)
    #expect(time?.milliseconds == expected)
  }

  @Test(
    "other texts are refused",
    arguments: [
      "", "now", "2026-02-29", "2026-13-01", "2026-01-31T24:00:00Z", "2026-01-31T08:00:00", "5",
      "2026-01-31T08:00Z", "15 m", "400d", "-5m", "99999999999999999999d",
    ])
  func refused(text: String) {
    #expect(TimeArgument(argument: text) == nil)
  }

  @Test(
    "G5 durations",
    arguments: [
      ("500ms", 500), ("30s", 30_000), ("365d", 31_536_000_000), ("366d", nil), ("s", nil),
      ("1.5s", nil), ("1w", nil),
    ] as [(String, Int64?)])
  func durations(text: String, expected: Int64?) {
    #expect(DurationArgument(argument: text)?.milliseconds == expected)
  }
}
