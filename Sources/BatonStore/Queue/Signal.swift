internal import Foundation
internal import Synchronization

/// Lets one thread sleep until another raises the signal; raises before the wait are remembered.
final class Signal: Sendable {
  private let condition = NSCondition()
  private let isRaised = Atomic<Bool>(false)

  /// Sleeps until the signal is raised, and lowers it.
  func wait() {
    condition.lock()
    while !isRaised.exchange(false, ordering: .acquiringAndReleasing) { condition.wait() }
    condition.unlock()
  }

  /// Sleeps until the signal is raised, and lowers it, or until a time has passed.
  func wait(atMost seconds: Double) {
    let end = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    while !isRaised.exchange(false, ordering: .acquiringAndReleasing) {
      guard condition.wait(until: end) else { break }
    }
    condition.unlock()
  }

  /// Wakes the sleeper, or the next that waits.
  func raise() {
    condition.lock()
    isRaised.store(true, ordering: .releasing)
    condition.signal()
    condition.unlock()
  }
}
