internal import BatonCore
internal import GRDBSQLite

/// Decides what an expression may contain (G25, RE95–RE97): a whitelist, all else is denied.
enum ExpressionAuthorizer {
  /// The functions of G23 and G25; operators such as LIKE and `->` are functions, too.
  private static let functions: Set<String> = [
    "token", "arg", "env", "status", "int", "num", "bool",
    "abs", "coalesce", "glob", "ifnull", "iif", "instr", "json_array_length", "json_extract",
    "json_type", "json_valid", "length", "like", "lower", "ltrim", "max", "min", "nullif",
    "replace", "round", "rtrim", "sign", "substr", "trim", "typeof", "unicode", "upper", "->",
    "->>",
  ]
  /// The further functions of policies.
  private static let policyFunctions: Set<String> = ["exit_code", "reason", "attempt", "item"]

  private static func allows(_ function: String, _ kind: ExpressionKind) -> Bool {
    functions.contains(function) || kind == .policy && policyFunctions.contains(function)
  }

  /// The callback of `sqlite3_set_authorizer`; its context is the connection's session.
  static let callback:
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
      UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> Int32 = { context, action, _, name, _, _ in
      guard let context else { return SQLITE_DENY }
      let session = Unmanaged<ExpressionConnection.Session>.fromOpaque(context)
        .takeUnretainedValue()
      switch action {
      case SQLITE_SELECT:
        // The one SELECT around the expression; a second one is a sub-query.
        session.selects += 1
        return session.selects == 1 ? SQLITE_OK : SQLITE_DENY
      case SQLITE_FUNCTION:
        guard let name else { return SQLITE_DENY }
        let function = String(cString: name).lowercased()
        return allows(function, session.kind) ? SQLITE_OK : SQLITE_DENY
      default:
        return SQLITE_DENY
      }
    }
}
