internal import ArgumentParser

/// The command `baton`: nothing but its sub-commands.
struct BatonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baton",
    abstract: "Deploys applications to a Baton server, runs their workflows and reads the results.",
    discussion: """
      A workflow is named APP/WORKFLOW or NS:APP/WORKFLOW. RUN is a run id, at least 8 characters \
      of one, APP/WORKFLOW@latest, or APP/WORKFLOW@ID with the id that the trigger brought.

      Exit codes: 0 done; 1 the run asked about failed; 2 usage; 3 refused; 4 not found; \
      5 unavailable or too late; 6 not permitted; 7 a limit; 8 anything else.
      """,
    subcommands: [],
    groupedSubcommands: [
      CommandGroup(
        name: "Applications",
        subcommands: [
          DeployCommand.self, AppsCommand.self, AppCommand.self, DeleteCommand.self,
        ]),
      CommandGroup(
        name: "Runs",
        subcommands: [
          TriggerCommand.self, RunsCommand.self, RunCommand.self, BatchRunsCommand.self,
          NodesCommand.self, LogsCommand.self, StatsCommand.self, WatchCommand.self,
          SuspendCommand.self, ResumeCommand.self, StopCommand.self,
        ]),
      CommandGroup(
        name: "Repair", subcommands: [RerunCommand.self, SkipCommand.self, EnvCommand.self]),
      CommandGroup(name: "Tokens", subcommands: [TokenCommand.self]),
      CommandGroup(name: "Server", subcommands: [AdminCommand.self]),
      CommandGroup(
        name: "Tools",
        subcommands: [BenchCommand.self, CompletionCommand.self, VersionCommand.self]),
    ])
}

/// A command that talks to a server.
protocol ServerCommand: AsyncParsableCommand {
  var global: GlobalOptions { get }
}
