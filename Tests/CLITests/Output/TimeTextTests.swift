import BatonClient
import Testing
import baton

@Suite struct TimeTextTests {
  @Test func momentsHaveTheirZone() {
    let time = Timestamp(milliseconds: 1_769_846_400_999)
    #expect(TimeText(isUTC: true).text(time) == "2026-01-31 08:00:00 UTC")
    #expect(TimeText(isUTC: true).text(Timestamp(milliseconds: -1)) == "1969-12-31 23:59:59 UTC")
  }

  @Test(
    "durations have two units",
    arguments: [
      (0, "0 ms"), (870, "870 ms"), (3_250, "3.2 s"), (59_999, "59.9 s"), (250_000, "4m 10s"),
      (7_500_000, "2h 05m"), (273_600_000, "3d 04h"),
    ])
  func durations(milliseconds: Int, expected: String) {
    #expect(TimeText.duration(.milliseconds(milliseconds)) == expected)
  }
}
