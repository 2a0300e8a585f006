internal import ArgumentParser
internal import BatonCore

/// `batond`: serves an installation, whole or in part.
@main
struct Batond: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batond",
    abstract: "Serves workflows: engine, token store and scheduler.",
    discussion: """
      Settings come from options, then BATOND_… environment variables, then the YAML file of \
      --config. `batond config` prints what is in force and where it comes from.
      """,
    version: ServerVersion.server,
    subcommands: [ServeCommand.self, ConfigCommand.self],
    defaultSubcommand: ServeCommand.self)

  /// Parses and runs; usage errors end with 2, all others with 1.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as StartupFailure {
      StandardError.write("error: \(failure.message)")
      if let hint = failure.hint { StandardError.write("hint: \(hint)") }
      exit(withStatus: 1)
    } catch let error as BatonError {
      StandardError.write("error: \(error.reason.rawValue): \(error.message)")
      if let hint = error.hint { StandardError.write("hint: \(hint)") }
      exit(withStatus: 1)
    } catch {
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if code == .success { print(text) } else { StandardError.write(text) }
      exit(withStatus: code == .success ? 0 : code == .validationFailure ? 2 : 1)
    }
  }
}

/// Why a server did not start: a sentence, and what to do about it.
struct StartupFailure: Error {
  var message: String
  var hint: String?

  init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }
}
