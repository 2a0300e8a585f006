internal import BatonClient

/// Shows a run until its end, as `watch` and `trigger --follow` do.
struct RunFollower {
  let session: Session

  /// Shows the run live: a table on a terminal, lines elsewhere, JSON where it is asked for.
  ///
  /// - Throws: ``CommandEnd`` when the run did not end well.
  func follow(_ run: Run) async throws {
    if session.json {
      try await run.watch { session.console.json(EventText.json($0)) }
    } else if session.console.output.canRedraw {
      try await redraw(run)
    } else {
      try await run.watch { event in
        session.console.line(EventText.line(event, session.times, on: session.console.output))
      }
    }
    try finish(try await run.details())
  }

  /// Waits for the end of a run, and reads everything about it then.
  func end(of run: Run) async throws -> RunDetails {
    _ = try await run.waitForEnd()
    return try await run.details()
  }

  /// Says how the run ended, and why where it failed.
  ///
  /// - Throws: ``CommandEnd`` when it did not end well.
  func finish(_ details: RunDetails) throws {
    let record = details.record
    if !session.json {
      let status = Style.status(record.status.rawValue)
        .apply(record.status.rawValue, on: session.console.errors)
      let reason = record.reason.map { " (\($0))" } ?? ""
      let time = record.duration(now: TimeText.now()).map { " in \(TimeText.duration($0))" } ?? ""
      session.console.note("run \(record.id) \(status)\(reason)\(time)")
      for line in FailureText.lines(details) { session.console.note("  \(line)") }
    }
    let status = ExitStatus(endOf: record.status)
    if status != .done { throw CommandEnd(status: status) }
  }

  private func redraw(_ run: Run) async throws {
    var screen = WatchScreen(terminal: session.console.output)
    var board = NodeBoard(nodes: try await run.nodes().map(\.name))
    session.console.data(Array(screen.frame(board, now: TimeText.now()).utf8))
    var lastFrame = ContinuousClock.now
    try await run.watch { event in
      board.apply(event)
      // Events of the past are replayed faster than anybody can read; those of now are all shown.
      let now = TimeText.now()
      let isLive = now.milliseconds - event.time.milliseconds < 500
      guard isLive || lastFrame.duration(to: .now) > .milliseconds(50) else { return }
      lastFrame = .now
      session.console.data(Array(screen.frame(board, now: now).utf8))
    }
    session.console.data(Array(screen.frame(board, now: TimeText.now()).utf8))
  }
}
