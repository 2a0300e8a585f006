internal import ArgumentParser
internal import BatonClient

/// What the commands that show puts one by one have in common.
struct TokenPutsOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only what this node put.", valueName: "node"))
  var node: String?

  @Option(
    help: ArgumentHelp(
      "user for what programs put, system for what Baton does; both by default.",
      valueName: "scope"))
  var scope: String?

  /// The filter for a key.
  ///
  /// - Throws: INVALID_ARGUMENT `token_scope_invalid` (T61).
  func filter(key: String?) throws -> TokenPutFilter {
    TokenPutFilter(scope: try scope.map(TokenReadOptions.scope), key: key, node: node)
  }

  /// The run with a name; without one that of the node inside which the process runs.
  ///
  /// - Throws: ``UsageError``; what finding the run throws.
  static func run(_ name: String?, _ client: BatonClient) async throws -> Run {
    guard let name else {
      guard let own = Environment.value("BATON_RUN_ID") else {
        throw UsageError("RUN is missing; only inside a node it may be left out")
      }
      return client.run(own)
    }
    guard let argument = RunArgument(name) else { throw UsageError("RUN is empty") }
    return try await argument.find(client)
  }

  /// A line for people: when, who, what.
  static func line(_ entry: TokenEntry, _ times: TimeText) -> String {
    let value = TextWidth.printable(entry.value)
    let scope = entry.scope == .system ? " (system)" : ""
    return "\(times.text(entry.time))  \(entry.seq)  \(entry.node) #\(entry.attempt)  "
      + "\(TextWidth.printable(entry.key))=\(value)\(scope)"
  }
}
