internal import BatonCore
internal import BatonWire

extension Wire.GetAttemptResponse {
  /// Bytes of values that one answer has; what more there is, is named with its size (CT6).
  private static let maximumBytes = 2_621_440

  /// An attempt and what it used, with its secrets hidden.
  ///
  /// - Parameters:
  ///   - attempt: The attempt.
  ///   - run: Its run.
  ///   - environment: The revision that it used.
  ///   - secret: Names that are secret by now (RE16).
  init(
    _ attempt: BatonCore.AttemptRecord, of run: BatonCore.RunRecord,
    _ environment: RunEnvironment, secret: Set<String>
  ) {
    self.init(node: attempt.id.node, attempt: Wire.AttemptRecord(attempt))
    var room = Self.maximumBytes
    let used = (attempt.used ?? AttemptInputs()).hiding(environment.hiddenTexts(secret), secret)
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
    env = fit(
      environment.shown(hiding: secret).merging(used.env) { _, new in new }, "env", &room)
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

extension AttemptInputs {
  /// What was used, as people read it.
  ///
  /// - Parameters:
  ///   - texts: Secret values, which are hidden wherever they appear.
  ///   - names: Secret names of the environment.
  /// - Returns: The inputs with `***` in place of secret values.
  fileprivate func hiding(_ texts: [String], _ names: Set<String>) -> AttemptInputs {
    guard !names.isEmpty else { return self }
    var shown = AttemptInputs(
      argv: argv.map { $0.hiding(texts) }, properties: properties.mapValues { $0.hiding(texts) },
      env: env.mapValues { $0.hiding(texts) })
    for name in names where shown.env[name] != nil { shown.env[name] = RunEnvironment.mask }
    return shown
  }
}
