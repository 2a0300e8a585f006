internal import Histogram
internal import Synchronization

/// Collects latencies and errors; cheap as long as one thread at a time uses it.
final class LatencyRecorder: Sendable {
  private struct State {
    var histogram = Histogram<UInt64>(
      lowestDiscernibleValue: 100, highestTrackableValue: 600_000_000_000,
      numberOfSignificantValueDigits: .three)
    var errors: [String: UInt64] = [:]
  }

  /// Percentiles in nanoseconds.
  struct Percentiles: Sendable {
    var p50: UInt64 = 0
    var p90: UInt64 = 0
    var p99: UInt64 = 0
    var p999: UInt64 = 0
    var max: UInt64 = 0

    /// The percentiles in units of `divisor` nanoseconds.
    func json(divisor: Double) -> JSONValue {
      var object = JSONObject()
      for (name, value) in [
        ("p50", p50), ("p90", p90), ("p99", p99), ("p999", p999), ("max", max),
      ] {
        object.add(name, .double(BenchReport.rounded(Double(value) / divisor, 100)))
      }
      return object.value
    }
  }

  /// What was collected.
  struct Summary: Sendable {
    var count: UInt64
    var errors: [String: UInt64]
    var percentiles: Percentiles
  }

  private let state = Mutex(State())

  /// Counts an answer.
  func record(nanoseconds: UInt64) {
    state.withLock { state in
      _ = state.histogram.record(min(nanoseconds, 600_000_000_000))
    }
  }

  /// Counts a failure.
  func record(error reason: String) {
    state.withLock { $0.errors[reason, default: 0] += 1 }
  }

  /// The answers counted so far.
  var count: UInt64 { state.withLock { $0.histogram.totalCount } }

  /// Whether nothing but failures was counted, and many of them.
  var isHopeless: Bool {
    state.withLock { state in
      state.histogram.totalCount == 0 && state.errors.values.reduce(0, +) >= 1000
    }
  }

  /// What several recorders have collected together.
  static func summary(_ recorders: [LatencyRecorder]) -> Summary {
    var all = State()
    for recorder in recorders {
      recorder.state.withLock { state in
        all.histogram.add(state.histogram)
        all.errors.merge(state.errors) { $0 + $1 }
      }
    }
    let histogram = all.histogram
    var percentiles = Percentiles()
    if histogram.totalCount > 0 {
      percentiles = Percentiles(
        p50: histogram.valueAtPercentile(50), p90: histogram.valueAtPercentile(90),
        p99: histogram.valueAtPercentile(99), p999: histogram.valueAtPercentile(99.9),
        max: histogram.max)
    }
    return Summary(
      count: histogram.totalCount, errors: all.errors, percentiles: percentiles)
  }
}
