internal import ArgumentParser
internal import BatonStore
internal import Foundation
internal import Logging

/// `batond` without a subcommand: serves until it is told to stop (C2, C5).
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serves until SIGTERM or SIGINT (the default).")

  @OptionGroup var options: SettingOptions

  func run() async throws {
    let configuration = try Configuration(
      options, environment: ProcessInfo.processInfo.environment)
    let level = configuration.logLevel
    let isJSON = configuration.logsJSON
    LoggingSystem.bootstrap { label in
      var handler = LineLogHandler(label: label, isJSON: isJSON)
      handler.logLevel = level
      return handler
    }
    OpenFiles.raiseLimit()
    SQLiteStore.prepareProcess()
    let directory = try DataDirectory(configuration.dataDirectory, roles: configuration.roles)
    if let earlier = directory.earlierPath {
      Logger(label: "batond").warning(
        """
        the data directory was \(earlier) before; programs that still run were given paths in it. \
        A link from there to \(directory.path) lets them reach their files
        """)
    }
    try await Installation(configuration, directory).serve()
    directory.release()
  }
}
