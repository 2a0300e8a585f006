internal import ArgumentParser
internal import BatonCore
internal import BatonRPC
internal import Logging

/// The settings of a server as its options give them; nil: not given there (C1).
struct SettingOptions: ParsableArguments {
  @Option(name: .long, help: "The data directory.")
  var data: String?

  @Option(
    name: .long, help: "Where to listen: HOST:PORT (port 0 picks one) or unix:PATH. Repeatable.")
  var listen: [String] = []

  @Option(name: .long, help: "Services to run: engine, tokens, scheduler, separated by commas.")
  var services: String?

  @Option(name: .long, help: "A YAML file of settings.")
  var config: String?

  @Option(name: .customLong("tokens"), help: "Address of the token store, in split mode.")
  var tokenStore: String?

  @Option(name: .customLong("engine"), help: "Address of the engine, in split mode.")
  var engineAddress: String?

  @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.")
  var logLevel: String?

  @Option(name: .customLong("log-format"), help: "text or json.")
  var logFormat: String?

  @OptionGroup(title: "Limits of tokens") var token: TokenSettingOptions

  @Option(
    name: .customLong("retain-runs"),
    help: ArgumentHelp(
      "Newest ended runs to keep of each workflow; else all. APP=N is for one application.",
      valueName: "[app=]n"))
  var retainRuns: [String] = []

  @Option(
    name: .customLong("retain-days"),
    help: ArgumentHelp(
      "Days for which ended runs are kept; else for ever. A run goes once either bound says so.",
      valueName: "[app=]days"))
  var retainDays: [String] = []

  @Option(
    name: .customLong("worker-lease"),
    help: "How long a worker may be silent before its attempts are lost: 5s to 1h.")
  var workerLease: String?

  /// The value of a setting as text; nil: not given.
  func text(of setting: Setting) -> String? {
    switch setting {
    case .data: data
    case .listen: Self.joined(listen)
    case .services: services
    case .tokens: tokenStore
    case .engine: engineAddress
    case .logLevel: logLevel
    case .logFormat: logFormat
    case .tokenMaxValueBytes: token.maximumValueBytes
    case .tokenMaxBytes: token.maximumBytes
    case .tokenHistoryMaxBytes: token.maximumHistoryBytes
    case .tokenHistoryMaxPuts: token.maximumHistoryPuts
    case .retainRuns: Self.joined(retainRuns)
    case .retainDays: Self.joined(retainDays)
    case .workerLease: workerLease
    }
  }

  private static func joined(_ parts: [String]) -> String? {
    parts.isEmpty ? nil : parts.joined(separator: ",")
  }
}

/// A setting of a server; the raw value is its name in options and files.
enum Setting: String, CaseIterable {
  case data
  case listen
  case services
  case tokens
  case engine
  case logLevel = "log-level"
  case logFormat = "log-format"
  case tokenMaxValueBytes = "token-max-value-bytes"
  case tokenMaxBytes = "token-max-bytes"
  case tokenHistoryMaxBytes = "token-history-max-bytes"
  case tokenHistoryMaxPuts = "token-history-max-puts"
  case retainRuns = "retain-runs"
  case retainDays = "retain-days"
  case workerLease = "worker-lease"

  /// The setting with a name of a file, where words may be joined by `_` as well.
  init?(fileName name: String) {
    self.init(rawValue: name.replacing("_", with: "-"))
  }

  /// The environment variable that says the same.
  var variable: String {
    "BATOND_" + rawValue.uppercased().replacing("-", with: "_")
  }

  /// What holds where nobody says otherwise.
  var standard: String {
    switch self {
    case .data: "./baton-data"
    case .listen: "127.0.0.1:7600"
    case .services: "engine,tokens,scheduler"
    case .tokens, .engine: ""
    case .tokenMaxValueBytes: "\(TokenLimits().maximumValueBytes)"
    case .tokenMaxBytes: "\(TokenLimits().maximumBytes)"
    // Ten times the token, unless it is set.
    case .tokenHistoryMaxBytes: ""
    case .tokenHistoryMaxPuts: "\(TokenLimits().maximumHistoryPuts)"
    case .logLevel: "info"
    case .logFormat: "text"
    case .retainRuns, .retainDays: "all"
    case .workerLease: "30s"
    }
  }
}

/// A part of an installation that a process serves.
enum Role: String, CaseIterable {
  case engine
  case tokens
  case scheduler
}
