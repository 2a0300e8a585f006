internal import BatonCore
internal import BatonWire
internal import Synchronization

/// One attempt while a worker executes it.
final class WorkerExecution: Sendable {
  struct State: Sendable {
    var progress: UInt32 = 0
    var note = ""
    var cancellation: WorkerTask.Cancellation?
    /// Whether the server has said that the lease is over: there is nobody to report to.
    var isLost = false
    /// Who waits for the end or the cancellation.
    var waiter: CheckedContinuation<Void, Never>?
    var isOver = false
  }

  /// Bytes of a note or message.
  static let maximumTextBytes = 1024

  let assignment: Wire.Assignment
  let options: CallOptions
  let state = Mutex(State())

  /// - Parameter assignment: What the server sent.
  init(_ assignment: Wire.Assignment) {
    self.assignment = assignment
    options = CallOptions(metadata: [
      .init(
        key: "authorization", value: Credential.task(assignment.taskToken).authorization)
    ])
  }

  var lease: String { assignment.lease }

  /// Has the handler cancelled.
  func cancel(_ cancellation: WorkerTask.Cancellation, isLost: Bool = false) {
    let waiter = state.withLock { state in
      state.cancellation = state.cancellation ?? cancellation
      if isLost { state.isLost = true }
      return state.waiter.take()
    }
    waiter?.resume()
  }

  /// Runs a handler; its task is cancelled as soon as `cancel` is called.
  func run(
    _ body: @escaping @Sendable () async throws -> WorkerResult
  ) async -> Result<WorkerResult, any Error> {
    await withTaskGroup(of: Result<WorkerResult, any Error>.self) { group in
      group.addTask { [self] in
        let result: Result<WorkerResult, any Error>
        do {
          result = .success(try await body())
        } catch {
          result = .failure(error)
        }
        over()
        return result
      }
      await waitForCancel()
      if state.withLock({ $0.cancellation != nil }) { group.cancelAll() }
      return await group.next() ?? .failure(CancellationError())
    }
  }

  private func over() {
    let waiter = state.withLock { state in
      state.isOver = true
      return state.waiter.take()
    }
    waiter?.resume()
  }

  /// Returns when the handler has ended or is to be cancelled.
  private func waitForCancel() async {
    await withCheckedContinuation { continuation in
      let isDue = state.withLock { state in
        if state.isOver || state.cancellation != nil { return true }
        state.waiter = continuation
        return false
      }
      if isDue { continuation.resume() }
    }
  }
}
