internal import ArgumentParser

/// The command `baton admin`.
struct AdminCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "admin",
    abstract: "Look after the server: its state, and the runs that it keeps.",
    subcommands: [AdminStatusCommand.self, AdminPruneCommand.self])
}
