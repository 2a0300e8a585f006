internal import ArgumentParser
internal import BatonClient

/// The command `baton admin status`.
struct AdminStatusCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the state of the server and its store; exit 1 when it is not ready.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let status = try await session.client.serverStatus()
      if session.json {
        session.console.json(StatusText.json(status))
      } else {
        session.console.lines(
          StatusText.lines(
            status, session.times, now: TimeText.now(), on: session.console.output))
      }
      if !status.isReady { throw CommandEnd(status: .failed) }
    }
  }
}
