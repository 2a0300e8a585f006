internal import Synchronization

/// The end of what one side of a call sends: there is one, and nothing after it.
final class Ending: Sendable {
  private let flag = Atomic<Bool>(false)

  init() {}

  var hasBegun: Bool { flag.load(ordering: .acquiring) }

  /// - Returns: Whether it had not begun before.
  func begin() -> Bool {
    !flag.exchange(true, ordering: .acquiringAndReleasing)
  }
}
