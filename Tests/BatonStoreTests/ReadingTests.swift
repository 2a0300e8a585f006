import BatonCore
import BatonStore
import Foundation
import Testing

/// How readers of SQLite share connections and threads.
@Suite("SQLite reading") struct ReadingTests {
  /// Where threads meet.
  private final class Meeting: @unchecked Sendable {
    private let condition = NSCondition()
    private var arrived = 0
    private var isOpen = false

    func arrive() { change { arrived += 1 } }

    /// Opens in a moment: whoever has arrived last is then waiting elsewhere.
    func openSoon() {
      condition.lock()
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05))
      condition.unlock()
      change { isOpen = true }
    }

    var hasArrived: Bool {
      condition.lock()
      defer { condition.unlock() }
      return arrived > 0
    }

    func wait(for number: Int) { wait { arrived >= number } }
    func waitUntilOpen() { wait { isOpen } }

    private func change(_ body: () -> Void) {
      condition.lock()
      body()
      condition.broadcast()
      condition.unlock()
    }

    private func wait(until isMet: () -> Bool) {
      condition.lock()
      while !isMet() { condition.wait() }
      condition.unlock()
    }
  }

  @Test("a connection comes back although all threads of the pool wait for it")
  func connectionComesBack() async throws {
    let directory = try TemporaryDirectory()
    var options = SQLiteOptions(directory: directory.path, clock: TestClock().now)
    options.readers = 1
    let store = try SQLiteStore(options)
    let (reader, threads) = (Meeting(), Meeting())
    let number = ProcessInfo.processInfo.activeProcessorCount
    // Not a task: those get no thread any more. It opens when all of them are about to wait.
    Thread.detachNewThread {
      threads.wait(for: number)
      reader.openSoon()
    }
    async let first: Void = store.readAsync { _ in
      reader.arrive()
      reader.waitUntilOpen()
    }
    while !reader.hasArrived { await Task.yield() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<number {
        group.addTask {
          threads.arrive()
          _ = try store.read { try $0.activeRuns() }
        }
      }
      try await group.waitForAll()
    }
    try await first
    await store.close()
  }
}
