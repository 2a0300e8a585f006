internal import ArgumentParser
internal import BatonClient

/// The options that change the environment of a run (RE135).
struct EnvironmentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A file with values: lines KEY=VALUE; those that are empty or begin with # are ignored.",
      valueName: "file"))
  var envFile: String?

  @Option(
    help: ArgumentHelp(
      "Values as one JSON object, or the path of a file with one; null unsets.",
      valueName: "json|file"))
  var envJson: String?

  @Option(
    help: ArgumentHelp("A value to set; it may be @FILE; may be repeated.", valueName: "k=v"))
  var env: [String] = []

  @Option(help: ArgumentHelp("A name to remove; may be repeated.", valueName: "k"))
  var unsetEnv: [String] = []

  @Option(
    help: ArgumentHelp("A name whose values are secret; may be repeated.", valueName: "k"))
  var secretEnv: [String] = []

  @Option(
    help: ArgumentHelp("Refuse the change unless this is the newest revision.", valueName: "n"))
  var expectedEnvRevision: Int?

  /// What the options ask for; nothing has been sent then.
  func change() throws -> EnvironmentChange {
    if let expectedEnvRevision, expectedEnvRevision < 1 {
      throw UsageError("--expected-env-revision is a number from 1")
    }
    var edits = EnvironmentEdits()
    if let envFile { try edits.add(file: envFile) }
    if let envJson { try edits.add(json: envJson) }
    try edits.add(pairs: env, option: "--env")
    try edits.remove(unsetEnv)
    return EnvironmentChange(
      values: edits.values, unset: edits.unset.sorted(), secret: secretEnv,
      expectedRevision: expectedEnvRevision)
  }
}

/// The options that give a new run its environment (RE135).
struct TriggerEnvironmentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A file with environment: lines KEY=VALUE; those that are empty or begin with # are ignored.",
      valueName: "file"))
  var envFile: String?

  @Option(
    help: ArgumentHelp(
      "Environment as one JSON object, or the path of a file with one.", valueName: "json|file"))
  var envJson: String?

  @Option(
    help: ArgumentHelp(
      "A value of the environment; it may be @FILE; may be repeated.", valueName: "k=v"))
  var env: [String] = []

  @Option(
    help: ArgumentHelp("A name whose values are secret; may be repeated.", valueName: "k"))
  var secretEnv: [String] = []

  /// The values given.
  func values() throws -> [String: String] {
    var edits = EnvironmentEdits()
    if let envFile { try edits.add(file: envFile) }
    if let envJson { try edits.add(json: envJson) }
    try edits.add(pairs: env, option: "--env")
    return edits.values
  }
}
