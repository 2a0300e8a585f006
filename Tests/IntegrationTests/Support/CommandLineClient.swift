import Foundation
import Testing

/// What a command of `baton` answered.
struct Answer: CustomStringConvertible {
  var status: Int32
  var output: String
  var errors: String

  /// Standard output without its last line end.
  var text: String { output.hasSuffix("\n") ? String(output.dropLast()) : output }
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  var description: String { "exit \(status), stdout: \(output), stderr: \(errors)" }

  /// Standard output read as JSON.
  func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(output.utf8))
  }
}

/// Runs the command `baton`.
enum Baton {
  /// Starts a command.
  static func start(
    _ arguments: [String], address: String? = nil, environment: [String: String] = [:],
    in scratch: Scratch, input: String = "/dev/null", output: String? = nil
  ) throws -> ChildProcess {
    var variables = Executables.environment.merging(environment) { $1 }
    if let address { variables["BATON_ADDRESS"] = address }
    return try ChildProcess(
      Executables.path(of: "baton"), arguments, environment: variables,
      directory: scratch.path, input: input, output: output)
  }

  /// Runs a command to its end.
  static func run(
    _ arguments: [String], address: String? = nil, environment: [String: String] = [:],
    in scratch: Scratch, input: String = "/dev/null"
  ) async throws -> Answer {
    try await answer(
      of: start(
        arguments, address: address, environment: environment, in: scratch, input: input))
  }

  /// Waits for the end of a command.
  static func answer(of process: ChildProcess) async throws -> Answer {
    let state = try await process.finish()
    guard case .exited(let status)? = state.end else {
      Issue.record("\(process.name) ended by a signal: \(state)")
      return Answer(status: -1, output: state.outputText, errors: state.errorText)
    }
    return Answer(status: status, output: state.outputText, errors: state.errorText)
  }
}

extension Installation {
  /// Runs a command that talks to this installation.
  func baton(
    _ arguments: String..., environment: [String: String] = [:], input: String = "/dev/null"
  ) async throws -> Answer {
    try await Baton.run(
      arguments, address: address, environment: environment, in: scratch, input: input)
  }

  /// The same, for a command that must succeed.
  @discardableResult
  func done(
    _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Answer {
    let answer = try await Baton.run(arguments, address: address, in: scratch)
    try #require(answer.status == 0, "\(arguments): \(answer)", sourceLocation: sourceLocation)
    return answer
  }

  /// Starts a command that talks to this installation.
  func start(_ arguments: String..., output: String? = nil) throws -> ChildProcess {
    try Baton.start(arguments, address: address, in: scratch, output: output)
  }

  /// Deploys an application of shell scripts with the workflow `W`.
  func deploy(
    _ name: String = "demo", scripts: [String: String], nodes: String
  ) async throws {
    var programs = ""
    for (program, script) in scripts.sorted(by: { $0.key < $1.key }) {
      let path = try scratch.write(
        "set -eu\nD=\(scratch.path)\n\(script)\n", to: "\(name)-\(program).sh")
      programs += "  \(program): {type: COMMAND, argv: [/bin/sh, \"\(path)\"]}\n"
    }
    let file = try scratch.write(
      """
      baton: 1
      application: \(name)
      programs:
      \(programs)
      workflows:
        W:
          nodes:
      \(nodes.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n"))

      """, to: "\(name).yaml")
    try await done("deploy", file)
  }

  /// Triggers a workflow; returns the run's id.
  func trigger(_ workflow: String = "demo/W") async throws -> String {
    try await done("trigger", workflow).text
  }

  func run(_ id: String) async throws -> RunView {
    try await done("run", id, "--json").json(RunView.self)
  }

  /// Waits until a run has ended, and gives it then.
  func end(of id: String) async throws -> RunView {
    _ = try await baton("watch", id)
    return try await run(id)
  }
}
