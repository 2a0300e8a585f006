internal import BatonCore
internal import BatonWire

extension Run {
  /// Gives every event of the run in order, each once, until the run has ended; goes on after lost
  /// connections.
  ///
  /// ```swift
  /// try await run.watch { event in print(event.time.rfc3339, event.node ?? "", event.to ?? "") }
  /// ```
  ///
  /// - Parameters:
  ///   - event: Starts after this number; 0 for the first event.
  ///   - body: Takes one event; the next is not read before it returns.
  /// - Throws: NOT_FOUND `run_not_found`; UNAVAILABLE where the server stays away; what `body`
  ///   throws, which ends the watching.
  public func watch(
    after event: UInt64 = 0, _ body: (RunEvent) async throws -> Void
  ) async throws {
    var last = event
    try await client.streams.run { progress in
      let request = Wire.WatchRunRequest(run: reference.wire, afterEvent: last)
      try await client.engine.watchRun(request) { events in
        progress.began = .now
        for try await event in events {
          progress.isMade = true
          try await ResumableStream.protect { try await body(RunEvent(event)) }
          last = max(last, event.event)
        }
      }
    }
  }

  /// Waits until the run has ended; goes on after lost connections.
  ///
  /// - Returns: The record as it is then.
  /// - Throws: NOT_FOUND `run_not_found`; UNAVAILABLE where the server stays away.
  public func waitForEnd() async throws -> RunRecord {
    while true {
      // No event has so great a number: nothing is sent but the end of the stream.
      try await watch(after: Self.pastEveryEvent) { _ in }
      let record = try await self.record()
      if record.status.hasEnded { return record }
    }
  }

  private static let pastEveryEvent: UInt64 = 1 << 40
}
