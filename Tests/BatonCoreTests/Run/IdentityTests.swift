import BatonCore
import Testing

@Suite("Run ids and times") struct IdentityTests {
  @Test("a run id is a UUID of version 7 and reads back")
  func roundTrip() throws {
    let id = RunID(milliseconds: 0x019A_5E0C_7B1E, sequence: 0xC3A, random: .max)
    #expect(id.description == "019a5e0c-7b1e-7c3a-bfff-ffffffffffff")
    #expect(RunID(id.description) == id && id.milliseconds == 0x019A_5E0C_7B1E)
    #expect(RunID(id.description.uppercased()) == id)
  }

  @Test(
    "what is no UUID of version 7 is refused",
    arguments: [
      "", "x", "019a5e0c-7b1e-4c3a-9f00-1d2e3f405162", "019a5e0c-7b1e-7c3a-cf00-1d2e3f405162",
      "019a5e0c-7b1e-7c3a-9f00-1d2e3f40516", "019a5e0c-7b1e-7c3a-9f00-1d2e3f4051623",
      "019a5e0c7b1e-7c3a-9f00-1d2e3f405162-", "019a5e0c-7b1e-7c3a-9f00-1d2e3f40516g",
      " 019a5e0c-7b1e-7c3a-9f00-1d2e3f405162",
    ]
      + "/:@G`g\0~".map { "019a5e0c-7b1e-7c3a-9f00-1d2e3f40516\($0)" }
      + [0, 7, 9, 12, 14, 17, 19, 22, 24].map { place in
        // A dash where a digit belongs.
        String("019a5e0c-7b1e-7c3a-9f00-1d2e3f405162".enumerated().map { $0 == place ? "-" : $1 })
      }
      + [8, 13, 18, 23].map { place in
        String("019a5e0c-7b1e-7c3a-9f00-1d2e3f405162".enumerated().map { $0 == place ? "0" : $1 })
      })
  func refused(text: String) {
    #expect(RunID(text) == nil)
  }

  @Test("ids rise within a millisecond, past 4096 of them, and when the clock goes back")
  func rising() {
    let source = RunIDSource(random: { 0 })
    var last = source.next(at: Timestamp(milliseconds: 1000))
    for number in 0..<10_000 {
      let next = source.next(at: Timestamp(milliseconds: number == 5000 ? 10 : 1000))
      #expect(last < next && last.description < next.description)
      last = next
    }
  }

  @Test(
    "RFC 3339 in UTC with milliseconds (CT1)",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1_769_846_400_000, "2026-01-31T08:00:00.000Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_123, "2000-02-29T00:00:00.123Z"),
      (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ])
  func rfc3339(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
  }
}
