/// What an executor needs to start one attempt (G52-G55, G65).
package struct LaunchSpec: Sendable {
  /// The attempt; it is started at most once, however often it is launched.
  package var key: AttemptKey
  /// The program and its arguments, as they are: no shell is involved.
  ///
  /// `argv[0]` is looked up in the `PATH` of `environment`.
  package var argv: [String]
  /// The whole environment of the program.
  ///
  /// Nothing is added but the variables of `files`, and `BATON_RUN_ID`, `BATON_NODE`,
  /// `BATON_ATTEMPT` and those of the item where they are missing: they are how the attempt's
  /// processes are recognised.
  package var environment: [EnvironmentVariable]
  /// The working directory, an absolute path; nil: a fresh empty directory of the attempt.
  package var workingDirectory: String?
  /// Files to create for the program.
  package var files: [AttemptFile]
  /// What the attempt may use.
  package var limits: AttemptLimits
  /// The time between TERM and KILL when a limit is exceeded.
  package var stopGrace: Duration

  package init(
    key: AttemptKey, argv: [String], environment: [EnvironmentVariable] = [],
    workingDirectory: String? = nil, files: [AttemptFile] = [],
    limits: AttemptLimits = AttemptLimits(), stopGrace: Duration = .seconds(10)
  ) {
    self.key = key
    self.argv = argv
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.files = files
    self.limits = limits
    self.stopGrace = stopGrace
  }
}

/// One variable of a program's environment.
package struct EnvironmentVariable: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A file that a program gets in its attempt's directory, mode 0600, removed after the outcome.
package struct AttemptFile: Sendable {
  /// The file's name: `[A-Za-z0-9_-]` and dots, not one of the executor's own names.
  package var name: String
  /// The variable that tells the program the file's absolute path, if one does.
  package var variable: String?
  package var contents: [UInt8]

  package init(name: String, variable: String? = nil, contents: [UInt8]) {
    self.name = name
    self.variable = variable
    self.contents = contents
  }
}

/// What one attempt may use; nil: no limit (G65).
package struct AttemptLimits: Hashable, Sendable {
  package var cpuTime: Duration?
  /// Bytes.
  package var memory: UInt64?
  package var openFiles: UInt64?
  /// Bytes of standard output and error together.
  package var outputBytes: UInt64?

  package init(
    cpuTime: Duration? = nil, memory: UInt64? = nil, openFiles: UInt64? = nil,
    outputBytes: UInt64? = nil
  ) {
    self.cpuTime = cpuTime
    self.memory = memory
    self.openFiles = openFiles
    self.outputBytes = outputBytes
  }
}
