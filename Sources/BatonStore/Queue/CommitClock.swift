internal import BatonCore

/// Times of commits, which never go back.
struct CommitClock {
  private let source: @Sendable () -> Timestamp
  private var last = Timestamp(milliseconds: 0)

  init(_ source: @escaping @Sendable () -> Timestamp) {
    self.source = source
  }

  /// The present time, or the last one told when the source went back.
  mutating func now() -> Timestamp {
    last = max(last, source())
    return last
  }
}
