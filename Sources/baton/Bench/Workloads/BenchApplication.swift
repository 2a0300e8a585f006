internal import BatonClient

/// What the nodes of a benchmark execute.
enum BenchProgram: Sendable {
  case noop
  case command([String])
  case worker(queue: String)

  var word: String {
    switch self {
    case .noop: "noop"
    case .command: "process"
    case .worker: "worker"
    }
  }

  fileprivate var json: JSONValue {
    switch self {
    case .noop: .object([.init("type", "NOOP")])
    case .command(let argv):
      .object([.init("type", "COMMAND"), .init("argv", .array(argv.map { .string($0) }))])
    case .worker(let queue):
      .object([.init("type", "WORKER"), .init("queue", .string(queue))])
    }
  }
}

/// The applications that benchmarks deploy, as JSON files.
enum BenchApplication {
  /// The key that is read and put.
  static let key = "bench"

  /// The one program of every application.
  static let program = "p"

  /// The application of batch-runs and history.
  static let batch = "bench-batch"

  /// Its workflows; at most 100 (G5).
  static func batchWorkflows(_ programs: Int) -> [String] {
    (1...min(100, programs)).map { "w\($0)" }
  }

  /// An application whose runs wait for an hour before their one node does nothing.
  static func waiting(_ application: String, workflow: String) -> [UInt8] {
    var node = JSONObject()
    node.add("name", "n1")
    node.add("program", .string(Self.program))
    node.add("wait_before", "1h")
    return file(
      application, program: .object([.init("type", "NOOP")]), workflows: [(workflow, [node.value])])
  }

  /// An application with no-op workflows of one node that puts a key.
  static func single(_ application: String, workflows: [String]) -> [UInt8] {
    let put: JSONValue = .object([.init(key, "0123456789abcdef")])
    return file(
      application,
      program: .object([.init("type", "NOOP"), .init("put", put)]),
      workflows: workflows.map { ($0, [node("n1", after: nil)]) })
  }

  /// An application with one workflow of nodes that execute a program.
  ///
  /// In a chain each node follows the one before, otherwise all are parallel.
  static func many(
    _ application: String, workflow: String, nodes: Int, _ program: BenchProgram, isChain: Bool
  ) -> [UInt8] {
    let list = (1...nodes).map { number in
      node("n\(number)", after: isChain && number > 1 ? "n\(number - 1)" : nil)
    }
    return file(application, program: program.json, workflows: [(workflow, list)])
  }

  private static func node(_ name: String, after: String?) -> JSONValue {
    var object = JSONObject()
    object.add("name", name)
    object.add("program", .string(program))
    if let after { object.add("after", .array([.string(after)])) }
    return object.value
  }

  private static func file(
    _ application: String, program: JSONValue, workflows: [(String, [JSONValue])]
  ) -> [UInt8] {
    let members = workflows.map { name, nodes in
      JSONValue.Member(name, .object([.init("nodes", .array(nodes))]))
    }
    let file = JSONValue.object([
      .init("baton", 1), .init("application", .string(application)),
      .init("programs", .object([.init(Self.program, program)])),
      .init("workflows", .object(members)),
    ])
    return Array(file.text.utf8)
  }
}
