internal import ArgumentParser
internal import BatonClient

/// The command `baton version`.
struct VersionCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the versions of client, server, protocol and schema.")

  @Flag(help: "Ask no server.")
  var client = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let console = Console.ofProcess()
    if !global.json { console.line("client    \(BatonClient.version)") }
    var object = JSONObject()
    object.add("client", BatonClient.version)
    if !client {
      try await Session.run(global) { session in
        let info = try await session.client.serverInfo()
        if !session.json {
          console.lines([
            "server    \(info.serverVersion)", "protocol  \(info.protocolVersion)",
            "schema    \(info.schemaVersion)",
          ])
        }
        object.add("server", info.serverVersion)
        object.add("protocol", info.protocolVersion)
        object.add("schema", info.schemaVersion)
        object.add("timeZones", info.timeZoneVersion)
        object.add("services", .array(info.services.map { .string($0) }))
      }
    }
    if global.json { console.json(object.value) }
  }
}
