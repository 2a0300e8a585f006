import Synchronization

/// How long anything may take before a test gives up; only failures ever last so long.
let patience = Duration.seconds(120)

/// Something that was awaited and did not come.
struct DeadlineExceeded: Error, CustomStringConvertible {
  var description: String
}

/// A value that changes on other threads, and that tests wait for.
final class Observed<Value: Sendable>: Sendable {
  private struct State {
    var value: Value
    var observers: [Int: AsyncStream<Void>.Continuation] = [:]
    var nextObserver = 0
  }

  private let state: Mutex<State>

  init(_ value: Value) {
    state = Mutex(State(value: value))
  }

  var value: Value { state.withLock(\.value) }

  /// Changes the value under the lock.
  @discardableResult
  func update<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
    let (result, observers) = state.withLock { state in
      let result = change(&state.value)
      return (result, Array(state.observers.values))
    }
    for observer in observers { observer.yield() }
    return result
  }

  /// Waits until `find` finds something in the value.
  ///
  /// - Throws: ``DeadlineExceeded`` with `what`, and the value as it is then.
  func first<Result: Sendable>(
    _ what: String, within limit: Duration = patience,
    _ find: @escaping @Sendable (Value) -> Result?
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { tasks in
      tasks.addTask { await self.first(find) }
      tasks.addTask {
        try await ContinuousClock().sleep(for: limit)
        return nil
      }
      defer { tasks.cancelAll() }
      guard let result = try await tasks.next() ?? nil else {
        throw DeadlineExceeded(description: "waited \(limit) for \(what); there is: \(value)")
      }
      return result
    }
  }

  private func first<Result: Sendable>(
    _ find: @Sendable (Value) -> Result?
  ) async -> Result? {
    let (changes, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let observer = state.withLock { state in
      state.nextObserver += 1
      state.observers[state.nextObserver] = continuation
      return state.nextObserver
    }
    defer { state.withLock { _ = $0.observers.removeValue(forKey: observer) } }
    if let result = find(value) { return result }
    for await _ in changes {
      if let result = find(value) { return result }
    }
    return nil
  }
}
