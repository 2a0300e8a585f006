internal import Synchronization

/// Turns operations handed over by synchronous code into child tasks of one running task.
///
/// Nothing that a server does for a call outlives the server: ``run()`` returns when all children
/// have ended.
package final class ChildTasks: Sendable {
  package typealias Operation = @Sendable () async -> Void

  private struct State {
    var waiting: [Operation] = []
    var runner: CheckedContinuation<[Operation]?, Never>?
    var isClosed = false
    var isCancelling = false
  }

  private let state = Mutex(State())

  package init() {}

  /// Starts an operation; one that comes after the end is dropped.
  package func add(_ operation: @escaping Operation) {
    let runner = state.withLock { state in
      guard !state.isClosed else {
        return nil as CheckedContinuation<[Operation]?, Never>?
      }
      guard let runner = state.runner else {
        state.waiting.append(operation)
        return nil
      }
      state.runner = nil
      return runner
    }
    runner?.resume(returning: [operation])
  }

  /// Runs the operations until ``close()``; cancelling it cancels them.
  package func run() async {
    await withTaskCancellationHandler {
      await withDiscardingTaskGroup { group in
        while let operations = await next() {
          for operation in operations { group.addTask(operation: operation) }
        }
        if state.withLock({ $0.isCancelling }) { group.cancelAll() }
      }
    } onCancel: {
      close()
    }
  }

  /// Accepts nothing more; ``run()`` returns when the last child has ended.
  ///
  /// - Parameter cancelling: Whether the children are cancelled.
  package func close(cancelling: Bool = false) {
    let runner = state.withLock { state in
      state.isClosed = true
      state.isCancelling = state.isCancelling || cancelling
      defer { state.runner = nil }
      return state.runner
    }
    runner?.resume(returning: nil)
  }

  private func next() async -> [Operation]? {
    await withCheckedContinuation { continuation in
      let answer: [Operation]?? = state.withLock { state in
        if !state.waiting.isEmpty {
          defer { state.waiting = [] }
          return .some(state.waiting)
        }
        if state.isClosed { return .some(nil) }
        state.runner = continuation
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }
}
