internal import ArgumentParser
internal import BatonClient

/// The command `baton app`.
struct AppCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "app", abstract: "Show an application file as it was deployed.",
    discussion: """
      Example: baton app campaign --version 2 > campaign.yaml
      """)

  @Argument(help: ArgumentHelp("The application.", valueName: "app"))
  var application: String

  @Option(help: ArgumentHelp("The version; else the newest.", valueName: "v"))
  var version: PositiveArgument?

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let found = try await session.client.application(application, version: version?.number)
      if session.json {
        var object = JSONObject()
        object.add("application", found.name)
        object.add("version", found.version)
        object.add("created", found.created.rfc3339)
        object.add("format", found.format)
        object.add("principal", found.principal)
        object.add("content", found.content)
        session.console.json(object.value)
        return
      }
      let principal = found.principal.map { " by \($0)" } ?? ""
      session.console.note(
        "\(found.name) version \(found.version), deployed \(session.times.text(found.created))"
          + principal)
      session.console.data(Array(found.content.utf8))
      if !found.content.hasSuffix("\n") { session.console.line("") }
    }
  }
}
