internal import Foundation

/// The two threads of a commit queue.
enum CommitThreads {
  /// Starts the writer with its own body, and the completion thread.
  ///
  /// Dedicated threads rather than tasks: the writer blocks on the device, and must never wait
  /// for, or take from, the threads that serve calls.
  static func start<Effects>(
    _ queue: CommitQueue<Effects>, writer: @escaping @Sendable () -> Void
  ) {
    let writing = Thread { writer() }
    writing.name = "baton-commit"
    writing.stackSize = 4 << 20
    writing.start()
    let completing = Thread { queue.complete() }
    completing.name = "baton-complete"
    completing.stackSize = 4 << 20
    completing.start()
  }
}
