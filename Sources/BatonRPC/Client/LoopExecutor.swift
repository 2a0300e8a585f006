internal import NIOCore
internal import Synchronization

/// Runs tasks on the event loop of a connection.
///
/// Calls of such tasks cost no change of threads: an answer wakes the task on the thread that read
/// it, and what the task sends next leaves with the same write. For many small calls:
///
/// ```swift
/// try await withTaskExecutorPreference(connection.executor) { … }
/// ```
///
/// What runs there must not block.
package final class LoopExecutor: TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    /// Whether the jobs will be run without a further wake-up.
    var isAwake = false
  }

  private let eventLoop: any EventLoop
  private let state = Mutex(State())

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustWake = state.withLock { state in
      state.jobs.append(job)
      defer { state.isAwake = true }
      return !state.isAwake
    }
    if mustWake { eventLoop.execute { self.run() } }
  }

  /// Says that ``run()`` will be called soon.
  func promiseRun() {
    state.withLock { $0.isAwake = true }
  }

  /// Runs what has come together; on the event loop only.
  func run() {
    var jobs: [UnownedJob] = []
    // A bound, so that jobs that always bring new ones leave time for the sockets.
    for _ in 0..<64 {
      let isDone = state.withLock { state in
        swap(&jobs, &state.jobs)
        if jobs.isEmpty { state.isAwake = false }
        return jobs.isEmpty
      }
      if isDone { return }
      for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
      jobs.removeAll(keepingCapacity: true)
    }
    eventLoop.execute { self.run() }
  }
}
