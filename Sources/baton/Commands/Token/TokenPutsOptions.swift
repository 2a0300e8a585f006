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

  /// A line for people: when, who, what.
  static func line(_ entry: TokenEntry, _ times: TimeText) -> String {
    let value = entry.value.split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: "⏎")
    let scope = entry.scope == .system ? " (system)" : ""
    return "\(times.text(entry.time))  \(entry.seq)  \(entry.node) #\(entry.attempt)  "
      + "\(entry.key)=\(value)\(scope)"
  }
}
