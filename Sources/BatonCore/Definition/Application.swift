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
  /// The workflow that a WORKFLOW starts (RE110).
  package var child: ChildProgram?
  /// The queue whose workers execute a WORKER (CT20).
  package var queue: String?
  package var properties: [String: Template]
  package var env: [String: Template]
  /// An absolute working directory; nil: a fresh directory of the attempt.
  package var cwd: String?
  package var policy: NodePolicy

  package init(
    type: ProgramType, argv: [Template] = [], put: [TokenTemplate] = [],
    child: ChildProgram? = nil, queue: String? = nil,
    properties: [String: Template] = [:], env: [String: Template] = [:], cwd: String? = nil,
    policy: NodePolicy = NodePolicy()
  ) {
    self.type = type
    self.argv = argv
    self.put = put
    self.child = child
    self.queue = queue
    self.properties = properties
    self.env = env
    self.cwd = cwd
    self.policy = policy
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
