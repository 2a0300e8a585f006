import BatonCore
import BatonWire
import Testing

// Applications whose runs make runs.

extension EngineFixture {
  /// Deploys application `demo` with workflows of nodes, and programs of words: those of `deploy`,
  /// and `child` of each further workflow under its name in small letters.
  ///
  /// - Parameters:
  ///   - workflows: Nodes by workflow, one a line; `|` begins what is beside the nodes.
  ///   - programs: Further programs.
  /// - Throws: when it is refused.
  func deployTree(_ workflows: KeyValuePairs<String, String>, programs: String = "") async throws {
    let exits = (0...3).map { "  exit\($0): {type: COMMAND, argv: [exit, \"\($0)\"]}\n" }
    let children = workflows.map {
      "  \($0.key.lowercased()): {type: WORKFLOW, workflow: \($0.key)}\n"
    }
    var text = """
      baton: 1
      application: demo
      programs:
        ok: {type: COMMAND, argv: [ok]}
        block: {type: COMMAND, argv: [block]}
        fails2: {type: COMMAND, argv: [fails, "2"]}
        nothing: {type: NOOP}
      \(exits.joined())\(children.dropFirst().joined())
      \(programs.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      workflows:\n
      """
    for (name, nodes) in workflows {
      text += "  \(name):\n"
      for line in nodes.split(separator: "\n") where line.hasPrefix("|") {
        text += "    \(line.dropFirst())\n"
      }
      text += "    nodes:\n"
      for line in nodes.split(separator: "\n") where !line.hasPrefix("|") {
        text += "      \(line)\n"
      }
    }
    try await deploy(text)
  }

  /// The runs that attempts of a run have made, oldest first.
  func children(of run: String) async throws -> [Wire.RunRecord] {
    try await client.listRuns(.init(parentRunID: run)).runs.filter { !$0.workflow.isEmpty }
      .reversed()
  }

  /// The run that the newest attempt of a node made, once it is there.
  func child(of run: String, by node: String = "p", _ attempt: Int = 1) async throws -> String {
    try await event(of: run) {
      $0.kind == .attempt && $0.node == node && Int($0.attempt) >= attempt
    }
    let child = try await nodes(run)[node]?.attempts.first { Int($0.attempt) == attempt }?
      .childRunID
    return try #require(child)
  }
}
