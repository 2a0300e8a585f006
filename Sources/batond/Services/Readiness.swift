internal import BatonCore
internal import BatonStore
internal import Foundation
internal import Synchronization

/// Whether the process serves, and why it must stop.
final class Readiness: Sendable {
  /// Where the process is in its life.
  private enum Phase {
    case starting
    case serving
    case draining
    case failed
  }

  private let phase = Mutex(Phase.starting)
  private let failures: AsyncStream<String>
  private let report: AsyncStream<String>.Continuation

  init() {
    (failures, report) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  /// Calls are served from now on.
  func begin() {
    phase.withLock { if $0 == .starting { $0 = .serving } }
  }

  /// New calls are refused from now on (FR14).
  func drain() {
    phase.withLock { if $0 != .failed { $0 = .draining } }
  }

  /// The store has stopped for good (reliability R4).
  func fail(_ reason: String) {
    phase.withLock { $0 = .failed }
    report.yield(reason)
  }

  /// Why calls are not served as they should be; nil: they are (reliability R4).
  ///
  /// - Parameter store: The state of the store.
  /// - Returns: The reason.
  func obstacle(_ store: StoreHealth) -> BatonError.Reason? {
    switch phase.withLock({ $0 }) {
    case .starting, .failed: return "unavailable"
    case .draining: return "draining"
    case .serving: break
    }
    switch store {
    case .serving: return nil
    case .diskFull: return "disk_full"
    case .readOnly: return "store_read_only"
    case .failed: return "unavailable"
    }
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
