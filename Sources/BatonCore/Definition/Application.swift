/// An application: programs and workflows that are deployed together (G6).
///
/// The value is the *model* of an application file: two files with equal models are one version
/// (G47). Maps whose order means nothing are dictionaries; lists keep the order of the file.
package struct Application: Codable, Hashable, Sendable {
  package var name: String
  package var description: String
  /// The file's run environment; literal text.
  package var env: [String: String]
  package var programs: [String: Program]
  package var workflows: [String: Workflow]

  package init(
    name: String, description: String = "", env: [String: String] = [:],
    programs: [String: Program] = [:], workflows: [String: Workflow] = [:]
  ) {
    self.name = name
    self.description = description
    self.env = env
    self.programs = programs
    self.workflows = workflows
  }
}

/// What a program is executed by (contract: program types).
package enum ProgramType: String, Codable, Hashable, Sendable, CaseIterable {
  case command = "COMMAND"
  case noop = "NOOP"
  case worker = "WORKER"
  case workflow = "WORKFLOW"
  case mapReduce = "MAPREDUCE"
  case spark = "SPARK"
}

/// A program of an application.
package struct Program: Codable, Hashable, Sendable {
  package var type: ProgramType
  /// The command and its arguments; only COMMAND.
  package var argv: [Template]
  /// USER keys that a NOOP puts, in the order of the file.
  package var put: [TokenTemplate]
  package var properties: [String: Template]
  package var env: [String: Template]
  /// An absolute working directory; nil: a fresh directory of the attempt.
  package var cwd: String?
  package var policy: NodePolicy

  package init(
    type: ProgramType, argv: [Template] = [], put: [TokenTemplate] = [],
    properties: [String: Template] = [:], env: [String: Template] = [:], cwd: String? = nil,
    policy: NodePolicy = NodePolicy()
  ) {
    self.type = type
    self.argv = argv
    self.put = put
    self.properties = properties
    self.env = env
    self.cwd = cwd
    self.policy = policy
  }
}

/// Policies that a node, its program or `node_defaults` may set; nil: not set there (G7).
package struct NodePolicy: Codable, Hashable, Sendable {
  /// The longest duration of one attempt, in milliseconds.
  package var timeoutMS: Int64?
  /// The time between TERM and KILL, in milliseconds; 10,000 when nothing sets it.
  package var stopGraceMS: Int64?
  package var retry: RetryPolicy?
  /// Bounds of what one attempt may use (G65).
  package var limits: ResourceLimits?

  package init(
    timeoutMS: Int64? = nil, stopGraceMS: Int64? = nil, retry: RetryPolicy? = nil,
    limits: ResourceLimits? = nil
  ) {
    self.timeoutMS = timeoutMS
    self.stopGraceMS = stopGraceMS
    self.retry = retry
    self.limits = limits
  }

  /// These policies, and where they are silent those of a weaker place.
  package func over(_ weaker: NodePolicy) -> NodePolicy {
    NodePolicy(
      timeoutMS: timeoutMS ?? weaker.timeoutMS, stopGraceMS: stopGraceMS ?? weaker.stopGraceMS,
      retry: retry ?? weaker.retry, limits: limits ?? weaker.limits)
  }
}

/// How often and when a FAILED attempt is repeated (G6, G39).
package struct RetryPolicy: Codable, Hashable, Sendable {
  /// Attempts in all, the first included: 1..100.
  package var attempts: Int
  /// Milliseconds before the second attempt.
  package var delayMS: Int64
  /// Factor from delay to delay: 1..10.
  package var backoff: Double
  /// The longest delay in milliseconds.
  package var maxDelayMS: Int64

  package init(
    attempts: Int = 1, delayMS: Int64 = 0, backoff: Double = 1, maxDelayMS: Int64 = 3_600_000
  ) {
    self.attempts = attempts
    self.delayMS = delayMS
    self.backoff = backoff
    self.maxDelayMS = maxDelayMS
  }
}

/// Bounds of what one attempt may use (G65).
package struct ResourceLimits: Codable, Hashable, Sendable {
  package var cpuTimeMS: Int64?
  package var memoryBytes: Int64?
  package var openFiles: Int64?
  package var outputBytes: Int64?

  package init(
    cpuTimeMS: Int64? = nil, memoryBytes: Int64? = nil, openFiles: Int64? = nil,
    outputBytes: Int64? = nil
  ) {
    self.cpuTimeMS = cpuTimeMS
    self.memoryBytes = memoryBytes
    self.openFiles = openFiles
    self.outputBytes = outputBytes
  }
}

/// A token key and the template of its value (G21, G32).
package struct TokenTemplate: Codable, Hashable, Sendable {
  package var key: String
  package var value: Template

  package init(key: String, value: Template) {
    self.key = key
    self.value = value
  }
}
