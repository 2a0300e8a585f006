internal import BatonCore
internal import Glibc

/// Where an attempt's files are: `<data>/attempts/<run>/<node>/<attempt>/`.
///
/// Paths are computed from the data directory in use, so that one that was moved still works.
struct AttemptDirectory: Sendable {
  /// The working directory of programs that ask for no other, relative to the attempt's.
  static let work = "work"

  let path: String

  init(data: String, key: AttemptKey) throws(ExecError) {
    guard Name.isLegal(key.node) else {
      throw ExecError(.invalid, "'\(key.node)' cannot name a node")
    }
    path = "\(data)/attempts/\(key.run)/\(key.node)/\(key.lastComponent)"
  }

  /// Creates the directory with all a shim needs to start the attempt.
  func prepare(_ spec: LaunchSpec, settings: LaunchFile.Settings) throws(ExecError) {
    guard let program = spec.argv.first, !program.isEmpty else {
      throw ExecError(.invalid, "there is no program to execute")
    }
    if let cwd = spec.workingDirectory, !cwd.hasPrefix("/") {
      throw ExecError(.invalid, "the working directory '\(cwd)' is not an absolute path")
    }
    var environment = spec.environment
    for file in spec.files {
      guard Name.isLegal(file.name), !Self.isOwn(file.name) else {
        throw ExecError(.invalid, "'\(file.name)' cannot name a file of an attempt")
      }
      if let variable = file.variable {
        environment.append(EnvironmentVariable(variable, "\(path)/\(file.name)"))
      }
    }
    addMarkers(of: spec.key, to: &environment)
    let launch = try LaunchFile.encode(spec, environment: environment, settings: settings)
    try Files.makeDirectory(path)
    if spec.workingDirectory == nil { try Files.makeDirectory("\(path)/\(Self.work)") }
    for file in spec.files { try Files.write("\(path)/\(file.name)", file.contents) }
    // A shim of an earlier launch may be reading it.
    try Files.replace(path + "/launch", launch)
  }

  /// What the files say of an attempt.
  enum Standing {
    /// Its shim lives. An outcome that is there already is not trusted: the program can write one.
    case running(ProcessIdentity)
    case ended(ProcessOutcome)
    /// A shim had it and is gone without an outcome.
    case lost
    /// The engine has the claim: no shim will ever start it.
    case claimedByEngine
    case unclaimed
  }

  /// Looks at claim, shim and outcome, in this order: a shim writes its outcome before it ends.
  ///
  /// - Throws: When one of them cannot be read now; that says nothing of the attempt.
  func standing() throws(ExecError) -> Standing {
    let claim = try ClaimFile(directory: path)
    if let shim = claim?.shim, try shim.isAlive() { return .running(shim) }
    if let outcome = try OutcomeFile.read(directory: path) { return .ended(outcome) }
    guard let claim else { return .unclaimed }
    guard claim.isByShim else { return .claimedByEngine }
    return try adoptUnnamedOutcome().map { .ended($0) } ?? .lost
  }

  /// Takes an outcome that a shim wrote to the disk and then could not give its name.
  private func adoptUnnamedOutcome() throws(ExecError) -> ProcessOutcome? {
    guard let outcome = try OutcomeFile.read(directory: path, name: "outcome.tmp"),
      rename(path + "/outcome.tmp", path + "/outcome") == 0
    else { return nil }
    return outcome
  }

  /// Removes all but logs, claim and outcome.
  func removeFiles() {
    for name in Files.names(in: path) {
      if name == Self.work {
        rmdir("\(path)/\(name)")
      } else if !Self.isKept(name) {
        unlink("\(path)/\(name)")
      }
    }
  }

  private static func isKept(_ name: String) -> Bool {
    name == "claim" || name == "outcome" || name == "log.times" || name.hasPrefix("stdout.")
      || name.hasPrefix("stderr.")
  }

  private static func isOwn(_ name: String) -> Bool {
    isKept(name) || name == "launch" || name == "launch.tmp" || name == "kill" || name == work
      || name.hasPrefix("claim.") || name.hasPrefix("outcome.") || name.hasPrefix("kill.")
  }

  /// Completes what `claim.c` takes for the mark of the attempt's processes.
  private func addMarkers(of key: AttemptKey, to environment: inout [EnvironmentVariable]) {
    var markers = [
      EnvironmentVariable("BATON_RUN_ID", "\(key.run)"),
      EnvironmentVariable("BATON_NODE", key.node),
      EnvironmentVariable("BATON_ATTEMPT", "\(key.attempt)"),
    ]
    if let item = key.item {
      markers.append(EnvironmentVariable("BATON_ITEM_INDEX", "\(item.index)"))
      markers.append(EnvironmentVariable("BATON_ITEM_ATTEMPT", "\(item.attempt)"))
    }
    for marker in markers where !environment.contains(where: { $0.name == marker.name }) {
      environment.append(marker)
    }
  }
}
