import BatonCore
import BatonStore
import Synchronization
import Testing

@Suite("Commit times")
struct CommitClockTests {
  /// A clock that a test sets.
  private final class Hands: Sendable {
    private let milliseconds = Mutex<Int64>(1_700_000_000_000)
    func set(_ offset: Int64) { milliseconds.withLock { $0 = 1_700_000_000_000 + offset } }
    var now: @Sendable () -> Timestamp {
      { [self] in Timestamp(milliseconds: milliseconds.withLock { $0 }) }
    }
  }

  private func time(_ store: any Store) async throws -> Int64 {
    try await store.commit { writer in
      try writer.appendEvents([Sample.event(nil, 0)])
      return writer.now.milliseconds - 1_700_000_000_000
    }
  }

  @Test("T2: the time of commits never goes back, nor stands still, when the clock is set back")
  func setBack() async throws {
    let hands = Hands()
    let directory = try TemporaryDirectory()
    let options = SQLiteOptions(directory: directory.path, clock: hands.now)
    var store = try SQLiteStore(options)
    var times: [Int64] = []
    for offset in [0, 1000, -86_400_000, -86_399_000, -86_398_999, -86_398_998] as [Int64] {
      hands.set(offset)
      times.append(try await time(store))
    }
    #expect(times == [0, 1000, 1000, 1500, 1500, 1501])
    // Nor does it after a restart.
    await store.close()
    store = try SQLiteStore(options)
    times = []
    for offset in [-86_398_000, -86_396_000, 2000, 2001] as [Int64] {
      hands.set(offset)
      times.append(try await time(store))
    }
    #expect(times == [1501, 2501, 3002, 3002])
    await store.close()
  }

  @Test("T2: the stores of two processes tell times in the order of their commits")
  func shared() async throws {
    let (early, late) = (Hands(), Hands())
    late.set(5000)
    let directory = try TemporaryDirectory()
    var stores: [SQLiteStore] = []
    for hands in [early, late] {
      stores.append(
        try SQLiteStore(
          SQLiteOptions(directory: directory.path, exclusive: false, clock: hands.now)))
    }
    var times: [Int64] = []
    for index in [0, 1, 0, 1] { times.append(try await time(stores[index])) }
    #expect(times == [0, 5000, 5000, 5000])
    for store in stores { await store.close() }
  }
}
