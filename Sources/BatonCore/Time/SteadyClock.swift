internal import Synchronization

/// Wall time that never goes back and that passes while the host's clock is set back.
///
/// It follows the host's clock forward. When that is set back it goes on at the rate of a clock
/// that nobody sets, so that what was recorded stays in order and delays last as long as meant; it
/// comes together with the host's clock again when that has caught up, or with the next start.
package final class SteadyClock: WallClock {
  private struct State {
    var last: Timestamp
    var elapsed: Duration
  }

  private let wall: @Sendable () -> Timestamp
  private let elapsed: @Sendable () -> Duration
  private let state: Mutex<State>

  /// - Parameters:
  ///   - wall: The host's clock.
  ///   - elapsed: The time since some moment, by a clock that is never set.
  package init(
    wall: @escaping @Sendable () -> Timestamp, elapsed: @escaping @Sendable () -> Duration
  ) {
    self.wall = wall
    self.elapsed = elapsed
    state = Mutex(State(last: wall(), elapsed: elapsed()))
  }

  package func now() -> Timestamp {
    state.withLock { state in
      let elapsed = elapsed()
      // Whole milliseconds only, so that what is left of one is not lost.
      let passed = max(0, Int64((elapsed - state.elapsed) / .milliseconds(1)))
      state.elapsed += .milliseconds(passed)
      state.last = max(wall(), Timestamp(milliseconds: state.last.milliseconds + passed))
      return state.last
    }
  }
}
