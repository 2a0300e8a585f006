/// Says on a terminal how a measurement is getting on.
enum ProgressLine {
  /// Shows a line that is renewed twice a second while `body` runs; elsewhere nothing.
  static func shown<Result>(
    _ workload: String, seconds: Double, recorders: [LatencyRecorder],
    while body: () async throws -> Result
  ) async rethrows -> Result {
    let console = Console.ofProcess()
    guard console.errors.canRedraw else { return try await body() }
    let start = MonotonicTime.nanoseconds()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let clock = ContinuousClock()
        // The end of the wait is the next picture; cancellation ends it.
        while (try? await clock.sleep(until: clock.now + .milliseconds(500))) != nil {
          let elapsed = MonotonicTime.seconds(since: start)
          let count = recorders.reduce(0) { $0 + $1.count }
          let rate = BenchReport.rounded(Double(count) / elapsed, 1)
          console.progress(
            "\r\(workload): \(BenchReport.rounded(elapsed, 10)) of \(seconds) s, \(count) done, "
              + "\(Int(rate))/s\u{1B}[K")
        }
        console.progress("\r\u{1B}[K")
      }
      defer { group.cancelAll() }
      return try await body()
    }
  }
}
