internal import BatonCore
internal import BatonEngine
internal import BatonRPC
internal import Foundation
internal import Glibc
internal import Logging
internal import Yams

/// The effective settings of a server, checked, each with where it comes from (C1).
struct Configuration {
  /// A value and its source.
  struct Value {
    var text: String
    var source: String
  }

  private(set) var values: [Setting: Value] = [:]

  var dataDirectory: String { absolute(text(.data)) }
  private(set) var endpoints: [Endpoint] = []
  private(set) var roles: Set<Role> = []
  private(set) var tokenStore: Endpoint?
  private(set) var logLevel: Logger.Level = .info
  private(set) var tokenLimits = TokenLimits()
  private(set) var retention = RetentionPolicy()
  private(set) var workerLease = Duration.seconds(30)
  var logsJSON: Bool { text(.logFormat) == "json" }

  /// Merges options, environment and file, in this order of precedence, and checks the result.
  ///
  /// - Throws: ``StartupFailure`` with the setting, its source and the remedy.
  init(_ options: SettingOptions, environment: [String: String]) throws {
    let path = options.config ?? environment["BATOND_CONFIG"]
    let file = try path.map(Self.read) ?? [:]
    for setting in Setting.allCases {
      if let text = options.text(of: setting) {
        values[setting] = Value(text: text, source: "--\(setting.rawValue)")
      } else if let text = environment[setting.variable] {
        values[setting] = Value(text: text, source: setting.variable)
      } else if let text = file[setting.rawValue] {
        values[setting] = Value(text: text, source: path ?? "file")
      } else {
        values[setting] = Value(text: setting.standard, source: "default")
      }
    }
    try check()
  }

  func text(_ setting: Setting) -> String { values[setting]?.text ?? setting.standard }

  /// Whether all services run in this process, which then has the database for itself.
  var isWhole: Bool { roles.count == Role.allCases.count }

  // MARK: - Checks

  private mutating func check() throws {
    roles = []
    for name in list(.services) {
      guard let role = Role(rawValue: name) else {
        throw invalid(.services, "`\(name)` is no service", "engine, tokens and scheduler are")
      }
      roles.insert(role)
    }
    guard !roles.isEmpty else {
      throw invalid(.services, "no service is named", "name engine, tokens or scheduler")
    }
    endpoints = try list(.listen).map { try endpoint($0, .listen) }
    guard !endpoints.isEmpty else {
      throw invalid(.listen, "no address is named", "give HOST:PORT or unix:PATH")
    }
    for endpoint in endpoints { try checkLoopback(endpoint) }
    if !text(.tokens).isEmpty { tokenStore = try endpoint(text(.tokens), .tokens) }
    if roles.contains(.engine), !roles.contains(.tokens), tokenStore == nil {
      throw invalid(
        .tokens, "an engine without the token store needs its address", "give --tokens ADDR")
    }
    guard let level = Logger.Level(rawValue: text(.logLevel)) else {
      throw invalid(
        .logLevel, "`\(text(.logLevel))` is no level",
        Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))
    }
    logLevel = level
    guard ["text", "json"].contains(text(.logFormat)) else {
      throw invalid(.logFormat, "`\(text(.logFormat))` is no format", "text or json")
    }
    tokenLimits = try checkedTokenLimits()
    values[.tokenHistoryMaxBytes]?.text = "\(tokenLimits.maximumHistoryBytes)"
    try checkRetention()
    try checkWorkerLease()
  }

  private mutating func checkWorkerLease() throws {
    guard let duration = DurationText.milliseconds(text(.workerLease)),
      (5_000...3_600_000).contains(duration)
    else {
      throw invalid(
        .workerLease, "`\(text(.workerLease))` is no duration from 5s to 1h",
        "give a number with a unit: 30s, 5m")
    }
    workerLease = .milliseconds(duration)
  }

  private mutating func checkRetention() throws {
    retention.runs = try bound(.retainRuns, most: 1_000_000_000)
    retention.days = try bound(.retainDays, most: 36_500)
  }

  private func bound(_ setting: Setting, most: Int) throws -> RetentionPolicy.Bound {
    do {
      return try RetentionText.bound(list(setting), most: most)
    } catch {
      throw invalid(
        setting, error.text, "give a number, `all`, or one for an application: campaign=20")
    }
  }

  /// Without TLS and authentication, nobody beyond this host may connect.
  private func checkLoopback(_ endpoint: Endpoint) throws {
    guard case .tcp(let host, _) = endpoint else { return }
    guard Self.isLoopback(host) else {
      throw invalid(
        .listen, "\(endpoint) is not a loopback address, and this version has no TLS",
        "listen on 127.0.0.1, [::1] or a Unix socket")
    }
  }

  /// Whether a host is a literal loopback address, or the name of one.
  private static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    var address = in_addr()
    return inet_pton(AF_INET, host, &address) == 1
      && UInt32(bigEndian: address.s_addr) >> 24 == 127
  }

  private func list(_ setting: Setting) -> [String] {
    text(setting).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  private func endpoint(_ text: String, _ setting: Setting) throws -> Endpoint {
    do {
      let endpoint = try Endpoint(text)
      // Programs get the address, too, and run in directories of their own.
      guard case .unix(let path) = endpoint else { return endpoint }
      return .unix(path: absolute(path))
    } catch let error as BatonError {
      throw invalid(setting, error.message, error.hint ?? "")
    }
  }

  /// The failure of a server whose setting cannot be used.
  func invalid(_ setting: Setting, _ message: String, _ hint: String) -> StartupFailure {
    let source = values[setting]?.source ?? "default"
    return StartupFailure("setting \(setting.rawValue) (\(source)): \(message)", hint: hint)
  }

  private func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }

  // MARK: - File

  private static func read(_ path: String) throws -> [String: String] {
    let content: String
    do {
      content = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw StartupFailure(
        "the settings file \(path) cannot be read: \(error.localizedDescription)",
        hint: "check the path and its permissions")
    }
    do {
      return try settings(of: content, path)
    } catch let error as YamlError {
      throw StartupFailure("the settings file \(path) is no YAML: \(error)")
    }
  }

  private static func settings(of content: String, _ path: String) throws -> [String: String] {
    guard let root = try compose(yaml: content) else { return [:] }
    guard let mapping = root.mapping else {
      throw StartupFailure("the settings file \(path) is no map of settings")
    }
    var values: [String: String] = [:]
    for (key, value) in mapping {
      guard let name = key.string.flatMap(Setting.init(fileName:))?.rawValue else {
        let known = Setting.allCases.map(\.rawValue).joined(separator: ", ")
        throw StartupFailure(
          "the settings file \(path) has an unknown setting \(key.string ?? "")",
          hint: "settings: \(known)")
      }
      if let list = value.sequence {
        values[name] = list.compactMap(\.string).joined(separator: ",")
      } else {
        values[name] = value.string ?? ""
      }
    }
    return values
  }
}
