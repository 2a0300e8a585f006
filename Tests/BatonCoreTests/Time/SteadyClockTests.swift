import BatonCore
import Synchronization
import Testing

/// Times while the host's clock is set (R13).
@Suite struct SteadyClockTests {
  /// A host whose clocks a test moves.
  private final class Host: Sendable {
    private let state = Mutex((wall: Int64(0), elapsed: Duration.zero))

    init(at wall: Int64) { state.withLock { $0.wall = wall } }

    func clock() -> SteadyClock {
      SteadyClock(
        wall: { Timestamp(milliseconds: self.state.withLock(\.wall)) },
        elapsed: { self.state.withLock(\.elapsed) })
    }

    /// Time passes.
    func pass(_ duration: Duration) {
      state.withLock { state in
        state.elapsed += duration
        state.wall += Int64(duration / .milliseconds(1))
      }
    }

    /// Somebody sets the clock.
    func set(to wall: Int64) { state.withLock { $0.wall = wall } }
  }

  private static let day: Int64 = 86_400_000

  @Test("it follows the host's clock, also forward by a day")
  func forward() {
    let host = Host(at: 10 * Self.day)
    let clock = host.clock()
    #expect(clock.now().milliseconds == 10 * Self.day)
    host.pass(.milliseconds(5))
    #expect(clock.now().milliseconds == 10 * Self.day + 5)
    host.set(to: 11 * Self.day)
    #expect(clock.now().milliseconds == 11 * Self.day)
    host.pass(.seconds(1))
    #expect(clock.now().milliseconds == 11 * Self.day + 1000)
  }

  @Test("set back by a day it goes on at the same rate, until the host's clock has caught up")
  func back() {
    let host = Host(at: 10 * Self.day)
    let clock = host.clock()
    host.set(to: 9 * Self.day)
    #expect(clock.now().milliseconds == 10 * Self.day)
    host.pass(.seconds(60))
    #expect(clock.now().milliseconds == 10 * Self.day + 60_000)
    host.set(to: 10 * Self.day + 70_000)
    #expect(clock.now().milliseconds == 10 * Self.day + 70_000)
    host.pass(.milliseconds(1))
    #expect(clock.now().milliseconds == 10 * Self.day + 70_001)
  }

  @Test("parts of milliseconds are not lost while it is ahead")
  func parts() {
    let host = Host(at: 10 * Self.day)
    let clock = host.clock()
    host.set(to: 0)
    for _ in 0..<1000 {
      host.pass(.microseconds(100))
      _ = clock.now()
    }
    #expect(clock.now().milliseconds == 10 * Self.day + 100)
  }
}
