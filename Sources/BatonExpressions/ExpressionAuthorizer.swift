internal import GRDBSQLite

/// Decides what an expression may contain (G25): a whitelist, everything else is denied.
enum ExpressionAuthorizer {
  /// The functions of G23 and G25; operators such as LIKE and `->` are functions, too.
  private static let functions: Set<String> = [
    "token", "arg", "env", "status", "int", "num", "bool",
    "abs", "coalesce", "glob", "ifnull", "iif", "instr", "json_array_length", "json_extract",
    "json_type", "json_valid", "length", "like", "lower", "ltrim", "max", "min", "nullif",
    "replace", "round", "rtrim", "sign", "substr", "trim", "typeof", "unicode", "upper", "->",
    "->>",
  ]

  /// The callback of `sqlite3_set_authorizer`; its context is the connection's session.
  static let callback:
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
      UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> Int32 = { context, action, _, name, _, _ in
      guard let context else { return SQLITE_DENY }
      switch action {
      case SQLITE_SELECT:
        // The one SELECT around the expression; a second one is a sub-query.
        let session = Unmanaged<ExpressionConnection.Session>.fromOpaque(context)
          .takeUnretainedValue()
        session.selects += 1
        return session.selects == 1 ? SQLITE_OK : SQLITE_DENY
      case SQLITE_FUNCTION:
        guard let name else { return SQLITE_DENY }
        return functions.contains(String(cString: name).lowercased()) ? SQLITE_OK : SQLITE_DENY
      default:
        return SQLITE_DENY
      }
    }
}
