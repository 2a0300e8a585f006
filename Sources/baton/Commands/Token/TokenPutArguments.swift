package import BatonClient

/// The entries on the command line of `baton token put`.
package enum TokenPutArguments {
  /// The entries that the arguments describe.
  package static func assignments(
    _ entries: [String], stdin: Bool, read: (String) throws -> [UInt8] = InputFile.read
  ) throws -> [TokenAssignment] {
    if stdin {
      guard entries.count == 1, let key = entries.first else {
        throw UsageError("--stdin takes one key")
      }
      return [TokenAssignment(key, try ValueSource.text(of: "-", read: read))]
    }
    return try entries.map { entry in
      guard let sign = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else {
        throw UsageError("token put needs KEY=VALUE, not '\(entry)'")
      }
      let value = String(entry[entry.utf8.index(after: sign)...])
      return TokenAssignment(String(entry[..<sign]), try ValueSource.value(of: value, read: read))
    }
  }
}
