internal import BatonCore
internal import Foundation
internal import Synchronization

/// Whether the process serves, and why it must stop.
final class Readiness: Sendable {
  private struct State {
    var isServing = false
  }

  private let state = Mutex(State())
  private let failures: AsyncStream<String>
  private let report: AsyncStream<String>.Continuation

  init() {
    (failures, report) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  /// Whether calls are served as they should be.
  var isServing: Bool {
    get { state.withLock(\.isServing) }
    set { state.withLock { $0.isServing = newValue } }
  }

  /// The store has stopped for good (reliability R4).
  func fail(_ reason: String) {
    isServing = false
    report.yield(reason)
  }

  /// Waits for the reason why the process must stop.
  ///
  /// - Throws: `CancellationError`.
  func failure() async throws -> String {
    for await reason in failures { return reason }
    throw CancellationError()
  }
}

/// The system's clock.
struct SystemClock: WallClock {
  func now() -> Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }
}
