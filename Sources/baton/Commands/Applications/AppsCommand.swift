internal import ArgumentParser
internal import BatonClient

/// The command `baton apps`.
struct AppsCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "apps", abstract: "List the applications.")

  @Option(help: ArgumentHelp("Only names that begin with this.", valueName: "prefix"))
  var prefix = ""

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let applications = try await session.client.applications(prefix: prefix)
      if session.json {
        session.console.json(
          .object([.init("applications", .array(applications.map(Self.json)))]))
        return
      }
      var table = Table([
        .init("APPLICATION"), .init("VERSION", isNumber: true), .init("DEPLOYED"),
        .init("WORKFLOWS", shrinksTo: 12), .init("DESCRIPTION", shrinksTo: 12),
      ])
      for application in applications {
        table.add([
          .init(application.name), .init(String(application.version)),
          .init(session.times.text(application.created)),
          .init(application.workflows.joined(separator: ", ")),
          .init(application.description ?? ""),
        ])
      }
      session.console.lines(table.lines(on: session.console.output))
    }
  }

  private static func json(_ application: ApplicationSummary) -> JSONValue {
    var object = JSONObject()
    object.add("application", application.name)
    object.add("version", application.version)
    object.add("created", application.created.rfc3339)
    object.add("description", application.description)
    object.add("workflows", .array(application.workflows.map { .string($0) }))
    return object.value
  }
}
