internal import Synchronization

/// Tells once that the store cannot go on, whichever connection has found out (reliability R4).
final class FailureReport: Sendable {
  private let isOver = Atomic<Bool>(false)
  private let failed: @Sendable (StoreError) -> Void

  init(_ failed: @escaping @Sendable (StoreError) -> Void) {
    self.failed = failed
  }

  /// Tells the first failure.
  func report(_ error: StoreError) {
    if !isOver.exchange(true, ordering: .acquiringAndReleasing) { failed(error) }
  }

  /// Tells nothing any more: the store is being closed.
  func end() { isOver.store(true, ordering: .releasing) }

  /// An error that a read has met, told if it concerns the device or the file.
  func noting(_ error: any Error) -> any Error {
    switch error as? StoreError {
    case .failed(let message): report(.failed(message))
    case .damaged(let message): report(.failed("damaged database: \(message)"))
    case nil, .statusChanged, .diskFull, .readOnly, .closed, .overloaded, .newerSchema: break
    }
    return error
  }
}
