internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Foundation
internal import Synchronization
internal import Testing

/// A run with a great many puts, read and watched as every other.
///
/// `BATON_TEST_PUTS` sets their number; the limit of a run is 1,000,000 (T25).
@Suite("A long history", .timeLimit(.minutes(30)))
struct LongHistoryTests {
  private static let puts =
    ProcessInfo.processInfo.environment["BATON_TEST_PUTS"].flatMap { Int($0) } ?? 20_000

  @Test("T25: as many puts as a run may have", arguments: StoreKind.allCases, [true, false])
  func many(_ kind: StoreKind, _ distinct: Bool) async throws {
    let total = Self.puts
    let limits = TokenLimits(maximumHistoryPuts: total)
    try await TokenFixture.with(kind, options: .init(limits: limits)) { fixture in
      let run = try await fixture.run()
      let ref = Wire.RunRef(runID: run.description)
      let a = try await fixture.begin(run, "A")
      let clock = ContinuousClock()
      let put = try await clock.measure {
        for start in stride(from: 0, to: total, by: 1000) {
          let entries = (start..<min(start + 1000, total)).map {
            Wire.TokenPut(key: "k\(distinct ? $0 : $0 % 100)", value: "\($0)")
          }
          try await fixture.put(.init(entries: entries), as: a.credential)
        }
      }
      await refused(.resourceExhausted, "token_history_full") {
        try await fixture.put(a, ["k": "1"])
      }
      let keys = distinct ? total : 100
      let (get, found) = try await measure(clock) { try await fixture.get(run, "k\(keys - 1)") }
      #expect(found.value == "\(total - 1)")
      let (list, listed) = try await measure(clock) {
        var request = Wire.ListTokensRequest(run: ref, pageSize: 1000)
        var keys: [String] = []
        for _ in 0..<3 {
          let page = try await fixture.list(request)
          keys += page.keys.map(\.key)
          request.pageToken = page.nextPageToken
          if request.pageToken.isEmpty { break }
        }
        return keys
      }
      let names = (0..<keys).map { "k\($0)" }.sorted {
        Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
      }
      #expect(listed == Array(names.prefix(3000)))
      let (page, newest) = try await measure(clock) {
        try await fixture.history(.init(run: ref, newestFirst: true, pageSize: 1000)).puts
      }
      #expect(
        newest.map { $0.entry?.value ?? "" } == (total - 1000..<total).reversed().map(String.init))
      #expect(newest.count(where: \.current) == (distinct ? 1000 : 100))
      let oldest = try await fixture.history(.init(run: ref, pageSize: 1000)).puts
      #expect(oldest.count(where: \.current) == (distinct ? 1000 : 0))
      try await fixture.end(a)
      try await fixture.set(run, .completed)
      let seen = Mutex<UInt64>(0)
      let watch = try await clock.measure {
        try await stream({ fixture.service.watchToken(.init(run: ref), $0) }) { entry in
          seen.withLock { seen in
            #expect(entry.seq == seen + 1)
            seen = entry.seq
          }
        }
      }
      #expect(seen.withLock { $0 } == UInt64(total))
      if total > 20_000 {
        print(
          "\(kind) \(distinct ? total : 100) keys: put \(put), get \(get), 3 pages \(list), "
            + "history page \(page), watch \(watch)")
      }
    }
  }

  private func measure<Value>(
    _ clock: ContinuousClock, _ body: () async throws -> Value
  ) async throws -> (Duration, Value) {
    let start = clock.now
    let value = try await body()
    return (clock.now - start, value)
  }
}
