internal import ArgumentParser

/// The command `baton completion`.
struct CompletionCommand: AsyncParsableCommand {
  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish
  }

  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print a script that completes commands in a shell.")

  @Argument(help: "The shell: bash, zsh or fish.")
  var shell: Shell

  func run() async throws {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    Console.ofProcess().line(BatonCommand.completionScript(for: kind))
  }
}
