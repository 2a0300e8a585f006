internal import Synchronization

extension LocalExecutor {
  package func readLog(
    _ key: AttemptKey, streams: [LogChunk.Stream], offset: UInt64, follow: Bool,
    _ body: (LogChunk) async throws -> Void
  ) async throws {
    let path = try directory(of: key).path
    guard Files.exists(path) else {
      throw ExecError(.attemptNotFound, "there is no log of attempt \(key)")
    }
    var reader = LogReader(directory: path, streams: streams, offset: offset)
    while true {
      // The order keeps anything from being missed: first the watch, then the look at the end,
      // then the data.
      let (id, signal) = addSignal()
      defer { removeSignal(id) }
      let isLast = reader.hasEnded || !follow
      if !isLast {
        try request(.follow(path: path), id: id)
        try await signal.waitUntilArmed()
      }
      let hasEnded = isLast || reader.hasEnded
      while let chunk = reader.next() { try await body(chunk) }
      if hasEnded { return }
      try await signal.waitForChange()
    }
  }

  private func addSignal() -> (UInt64, FollowSignal) {
    let signal = FollowSignal()
    return state.withLock { state in
      let id = state.nextID
      state.nextID += 1
      state.signals[id] = signal
      return (id, signal)
    }
  }

  private func removeSignal(_ id: UInt64) {
    state.withLock { _ = $0.signals.removeValue(forKey: id) }
    try? request(.unfollow, id: id)
  }
}
