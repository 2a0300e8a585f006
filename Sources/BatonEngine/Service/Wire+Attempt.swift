internal import BatonCore
internal import BatonWire

extension Wire.GetAttemptResponse {
  /// Bytes of values that one answer has; what more there is, is named with its size (CT6).
  private static let maximumBytes = 2_621_440

  /// An attempt and what it used.
  init(_ attempt: BatonCore.AttemptRecord, of run: BatonCore.RunRecord) {
    self.init(node: attempt.id.node, attempt: Wire.AttemptRecord(attempt))
    var room = Self.maximumBytes
    let used = attempt.used ?? AttemptInputs()
    let bytes = used.argv.reduce(0) { $0 + $1.utf8.count + 5 }
    if bytes <= room {
      argv = used.argv
      room -= bytes
    } else {
      // Left out as a whole, because places among the elements mean something.
      omitted.append(.init(field: "argv", bytes: Int64(clamping: bytes)))
    }
    arguments = fit(run.header.arguments, "arguments", &room)
    properties = fit(used.properties, "properties", &room)
    env = fit(run.header.env.merging(used.env) { _, new in new }, "env", &room)
  }

  /// The entries of a map that fit, in ascending order of their names; others become `omitted`.
  private mutating func fit(
    _ values: [String: String], _ field: String, _ room: inout Int
  ) -> [String: String] {
    var kept: [String: String] = [:]
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      let bytes = value.utf8.count
      // Tags and lengths of an entry take less than 16 bytes.
      let size = name.utf8.count + bytes + 16
      if size <= room {
        kept[name] = value
        room -= size
      } else {
        omitted.append(.init(field: field, name: name, bytes: Int64(clamping: bytes)))
      }
    }
    return kept
  }
}
