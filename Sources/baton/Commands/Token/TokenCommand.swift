internal import ArgumentParser
package import BatonClient

/// The command `baton token`.
struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Read the token of a run; inside a node also put into it.",
    discussion: """
      Inside a node RUN may be left out: it is $BATON_RUN_ID. There get, list and put show and \
      change what the node sees; history, watch and query show what everybody sees.
      """,
    subcommands: [
      TokenGetCommand.self, TokenListCommand.self, TokenPutCommand.self,
      TokenHistoryCommand.self, TokenWatchCommand.self, TokenQueryCommand.self,
    ])
}

/// What the commands that read tokens have in common.
struct TokenReadOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only what this node put.", valueName: "node"))
  var node: String?

  @Option(
    help: ArgumentHelp(
      "user for what programs put, system for what Baton does.", valueName: "scope"))
  var scope = "user"

  @Option(
    help: ArgumentHelp(
      "What this node, or an attempt of it, sees instead of the run.",
      valueName: "node[:attempt]"))
  var at: ViewpointArgument?

  @Flag(help: "Add who put it: node, attempt, status, seq, time.")
  var detail = false

  /// The scope.
  ///
  /// - Throws: INVALID_ARGUMENT `token_scope_invalid` (T61).
  func chosenScope() throws -> TokenScope {
    try Self.scope(scope)
  }

  /// The scope with a name.
  ///
  /// - Throws: INVALID_ARGUMENT `token_scope_invalid` (T61).
  static func scope(_ name: String) throws -> TokenScope {
    guard let scope = TokenScope(word: name) else {
      throw BatonError(
        .invalidArgument, "token_scope_invalid", "\(name) is no scope",
        hint: "write user or system")
    }
    return scope
  }

  /// The view of the run with a name; inside a node without one, that of its attempt.
  func view(_ run: String?, task: BatonTask?, _ client: BatonClient) async throws -> TokenView {
    let scope = try chosenScope()
    guard let name = run else {
      guard let task else {
        throw UsageError("RUN is missing; only inside a node it may be left out")
      }
      return client.run(task.runID).token(at: at?.viewpoint, scope: scope)
    }
    // An attempt may ask for no run but its own, so there is nothing to look up.
    if task != nil { return client.run(name).token(at: at?.viewpoint, scope: scope) }
    guard let argument = RunArgument(name) else { throw UsageError("RUN is empty") }
    return try await argument.find(client).token(at: at?.viewpoint, scope: scope)
  }
}

/// A viewpoint on the command line: `NODE` or `NODE:ATTEMPT`.
package struct ViewpointArgument: ExpressibleByArgument, Sendable {
  /// The viewpoint.
  package let viewpoint: Viewpoint

  package init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard let node = parts.first, !node.isEmpty, parts.count <= 2 else { return nil }
    guard parts.count == 2 else {
      viewpoint = Viewpoint(node: String(node))
      return
    }
    guard let attempt = Int(parts[1]), attempt > 0 else { return nil }
    viewpoint = Viewpoint(node: String(node), attempt: attempt)
  }
}
