internal import Synchronization

/// Makes run ids that rise within one process, also within one millisecond.
package final class RunIDSource: Sendable {
  private struct Last {
    var milliseconds: Int64 = 0
    var sequence: UInt16 = 0
  }

  private let last = Mutex(Last())
  private let random: @Sendable () -> UInt64

  /// - Parameter random: Gives random bits; the system's generator unless a simulation seeds them.
  package init(random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: 0...UInt64.max) }) {
    self.random = random
  }

  /// A new id for a moment; never smaller than an id made before.
  package func next(at now: Timestamp) -> RunID {
    let bits = random()
    return last.withLock { last in
      if now.milliseconds > last.milliseconds {
        last.milliseconds = now.milliseconds
        last.sequence = 0
      } else if last.sequence < 0x0FFF {
        last.sequence += 1
      } else {
        last.milliseconds += 1
        last.sequence = 0
      }
      return RunID(milliseconds: last.milliseconds, sequence: last.sequence, random: bits)
    }
  }
}
