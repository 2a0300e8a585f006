internal import ArgumentParser
internal import Foundation

/// `batond config`: prints the settings in force and where each comes from (C1).
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Prints the settings in force and where each comes from.")

  @OptionGroup var options: SettingOptions

  func run() throws {
    let configuration = try Configuration(
      options, environment: ProcessInfo.processInfo.environment)
    for setting in Setting.allCases {
      guard let value = configuration.values[setting] else { continue }
      print("\(setting.rawValue): \(value.text.isEmpty ? "-" : value.text)  # \(value.source)")
    }
  }
}
