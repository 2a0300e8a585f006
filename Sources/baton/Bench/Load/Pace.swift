/// When one worker of a load starts its calls.
struct Pace {
  let end: UInt64
  let calls: Int
  private let start: UInt64
  private let first: UInt64
  /// Nanoseconds between the calls of this worker; nil: each follows the answer before.
  private let interval: UInt64?

  init(_ shape: BenchShape, worker: Int, start: UInt64, end: UInt64, maximumCalls: Int?) {
    self.start = start
    self.end = end
    calls = maximumCalls.map { $0 / shape.inFlight } ?? .max
    if let rate = shape.rate {
      interval = UInt64(1e9 * Double(shape.inFlight) / rate)
      first = start + UInt64(1e9 * Double(worker) / rate)
    } else {
      interval = nil
      first = start
    }
  }

  /// When a call should start, however late the one before ended; nil: at once.
  func intendedStart(_ number: Int) -> UInt64? {
    interval.map { first + UInt64(number) * $0 }
  }

  /// Waits for a moment of an open loop, which nothing but a clock can announce.
  ///
  /// - Returns: false when the task was cancelled.
  func wait(until time: UInt64) async -> Bool {
    let now = MonotonicTime.nanoseconds()
    guard time > now else { return true }
    let clock = ContinuousClock()
    return (try? await clock.sleep(until: clock.now + .nanoseconds(Int64(time - now)))) != nil
  }
}
