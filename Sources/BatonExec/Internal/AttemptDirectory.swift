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
    try Files.write(path + "/launch", launch)
  }

  /// The attempt's outcome, if it has one.
  var outcome: ProcessOutcome? { OutcomeFile.read(directory: path) }

  /// Takes an outcome that a shim wrote to the disk and then could not give its name.
  func adoptUnnamedOutcome() -> ProcessOutcome? {
    guard let outcome = OutcomeFile.read(directory: path, name: "outcome.tmp"),
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
    isKept(name) || name == "launch" || name == "kill" || name == work
      || name.hasPrefix("claim.") || name.hasPrefix("outcome.") || name.hasPrefix("kill.")
  }

  /// Completes what `claim.c` takes for the mark of the attempt's processes.
  private func addMarkers(of key: AttemptKey, to environment: inout [EnvironmentVariable]) {
    let markers = [
      EnvironmentVariable("BATON_RUN_ID", "\(key.run)"),
      EnvironmentVariable("BATON_NODE", key.node),
      EnvironmentVariable("BATON_ATTEMPT", "\(key.attempt)"),
    ]
    for marker in markers where !environment.contains(where: { $0.name == marker.name }) {
      environment.append(marker)
    }
  }
}
