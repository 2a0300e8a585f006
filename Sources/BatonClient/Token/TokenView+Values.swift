extension TokenView {
  /// The most recent value of a key, or that of one node.
  ///
  /// - Throws: NOT_FOUND `token_key_not_found`.
  public func string(_ key: String, node: String? = nil) async throws -> String {
    try await get(key, node: node).value
  }

  /// The most recent value of a key, or that of one node, as a truth value.
  ///
  /// - Throws: NOT_FOUND `token_key_not_found`; INVALID_ARGUMENT `token_value_invalid`, naming key
  ///   and node.
  public func bool(_ key: String, node: String? = nil) async throws -> Bool {
    try await get(key, node: node).bool()
  }

  /// The most recent value of a key, or that of one node, as an integer.
  ///
  /// - Throws: NOT_FOUND `token_key_not_found`; INVALID_ARGUMENT `token_value_invalid`, naming key
  ///   and node.
  public func int64(_ key: String, node: String? = nil) async throws -> Int64 {
    try await get(key, node: node).int64()
  }

  /// The most recent value of a key, or that of one node, as a number.
  ///
  /// - Throws: NOT_FOUND `token_key_not_found`; INVALID_ARGUMENT `token_value_invalid`, naming key
  ///   and node.
  public func double(_ key: String, node: String? = nil) async throws -> Double {
    try await get(key, node: node).double()
  }
}
