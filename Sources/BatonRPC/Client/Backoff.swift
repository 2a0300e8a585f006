/// How long to wait before trying again: longer after every failure, and never all at once.
package struct Backoff: Sendable {
  /// The wait after the first failure.
  package var first: Duration = .milliseconds(50)
  /// The longest wait.
  package var maximum: Duration = .seconds(1)
  /// Gives the part of the wait that is really waited, 0 … 1.
  package var jitter: @Sendable () -> Double = { Double.random(in: 0.5...1) }

  package init() {}

  /// The wait after a number of failures in a row.
  package func delay(afterFailures failures: Int) -> Duration {
    guard failures > 0 else { return .zero }
    let factor = Double(1 << min(failures - 1, 20))
    return min(first * factor, maximum) * jitter()
  }
}
