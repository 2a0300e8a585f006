/// The JSON forms of a token, as exact UTF-8: `BATON_TOKEN_JSON` (T47) and the reads (T59).
///
/// Characters are escaped only where JSON requires it; objects keep the order of T13.
package struct TokenDocument: Sendable {
  /// The text written so far.
  package private(set) var bytes: [UInt8] = []

  private init() {}

  /// The file that an attempt finds at `BATON_TOKEN_JSON` (T47).
  ///
  /// - Parameters:
  ///   - attempt: Whose file it is.
  ///   - view: The attempt's view at its start.
  /// - Returns: The content of the file.
  /// - Throws: `HistoryMissing` when the view needs a put that its snapshot does not hold.
  package static func attemptFile(
    of attempt: AttemptID, _ view: TokenView
  ) throws(TokenView.HistoryMissing) -> [UInt8] {
    var document = TokenDocument()
    document.raw("{\"runId\":")
    document.text(attempt.run.description)
    document.raw(",\"nodeName\":")
    document.text(attempt.node)
    document.raw(",\"attempt\":\(attempt.attempt),\"scopes\":{\"USER\":")
    document.map(try view.all(scope: .user), .withStatus)
    document.raw(",\"SYSTEM\":")
    document.map(try view.all(scope: .system), .withStatus)
    document.raw("}}")
    return document.bytes
  }

  /// `{"key":…,"scope":…,"nodeName":…,…}` of get (T59).
  package static func get(_ entry: TokenEntry) -> [UInt8] {
    var document = TokenDocument()
    document.put(entry, current: nil, timeBeforeValue: false)
    return document.bytes
  }

  /// `{"tokenValueMap":{…}}` of list and all (T59).
  ///
  /// - Parameters:
  ///   - keys: The keys in order.
  ///   - detail: Whether attempt, status, seq and time are written as well.
  /// - Returns: One JSON object.
  package static func list(_ keys: [TokenKeyEntries], detail: Bool = false) -> [UInt8] {
    var document = TokenDocument()
    document.raw("{\"tokenValueMap\":")
    document.map(keys, detail ? .full : .plain)
    document.raw("}")
    return document.bytes
  }

  /// `{"key1":"value1",…}` of the entries of a node (T59).
  ///
  /// - Parameters:
  ///   - entries: The entries in order.
  ///   - detail: Whether each value is an object with attempt, status, seq and time.
  /// - Returns: One JSON object.
  package static func node(_ entries: [TokenEntry], detail: Bool = false) -> [UInt8] {
    var document = TokenDocument()
    document.raw("{")
    for (index, entry) in entries.enumerated() {
      if index > 0 { document.raw(",") }
      document.text(entry.put.key)
      document.raw(":")
      if detail {
        document.raw("{\"value\":")
        document.text(entry.put.value)
        document.detail(entry)
        document.raw("}")
      } else {
        document.text(entry.put.value)
      }
    }
    document.raw("}")
    return document.bytes
  }

  /// The object of one put in history and watch (T59).
  ///
  /// - Parameters:
  ///   - entry: The put.
  ///   - current: Whether it is an entry of the run's view; nil: not said (watch).
  /// - Returns: One JSON object.
  package static func put(_ entry: TokenEntry, current: Bool?) -> [UInt8] {
    var document = TokenDocument()
    document.put(entry, current: current, timeBeforeValue: true)
    return document.bytes
  }

  /// Which members an element of a list has.
  private enum Members {
    case plain
    case withStatus
    case full
  }
}

// MARK: - Writing

extension TokenDocument {
  private mutating func map(_ keys: [TokenKeyEntries], _ members: Members) {
    raw("{")
    for (index, key) in keys.enumerated() {
      if index > 0 { raw(",") }
      text(key.key)
      raw(":[")
      for (place, entry) in key.entries.enumerated() {
        if place > 0 { raw(",") }
        element(entry, members)
      }
      raw("]")
    }
    raw("}")
  }

  private mutating func element(_ entry: TokenEntry, _ members: Members) {
    raw("{\"nodeName\":")
    text(entry.put.node)
    if members == .withStatus {
      raw(",\"attempt\":\(entry.put.attempt),\"attemptStatus\":")
      text(entry.attemptStatus.word)
    }
    raw(",\"value\":")
    text(entry.put.value)
    if members == .full { detail(entry) }
    raw("}")
  }

  private mutating func detail(_ entry: TokenEntry) {
    raw(",\"attempt\":\(entry.put.attempt),\"attemptStatus\":")
    text(entry.attemptStatus.word)
    raw(",\"seq\":\(entry.put.seq),\"time\":\"")
    raw(entry.put.time.rfc3339)
    raw("\"")
  }

  /// get opens with the key; history and watch with the fields of T2 in their order.
  private mutating func put(_ entry: TokenEntry, current: Bool?, timeBeforeValue history: Bool) {
    let put = entry.put
    raw(history ? "{\"seq\":\(put.seq),\"scope\":" : "{\"key\":")
    text(history ? put.scope.word : put.key)
    raw(history ? ",\"key\":" : ",\"scope\":")
    text(history ? put.key : put.scope.word)
    raw(",\"nodeName\":")
    text(put.node)
    raw(",\"attempt\":\(put.attempt)")
    if !history { status(entry) }
    raw(",\"value\":")
    text(put.value)
    if !history { raw(",\"seq\":\(put.seq)") }
    raw(",\"time\":\"")
    raw(put.time.rfc3339)
    raw("\"")
    if history { status(entry) }
    if let current { raw(current ? ",\"current\":true" : ",\"current\":false") }
    raw("}")
  }

  private mutating func status(_ entry: TokenEntry) {
    raw(",\"attemptStatus\":")
    text(entry.attemptStatus.word)
  }

  private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// A JSON string.
  private mutating func text(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): raw("\\\"")
      case UInt8(ascii: "\\"): raw("\\\\")
      case 0x08: raw("\\b")
      case 0x09: raw("\\t")
      case 0x0A: raw("\\n")
      case 0x0C: raw("\\f")
      case 0x0D: raw("\\r")
      case 0..<0x20:
        raw(byte < 0x10 ? "\\u000" : "\\u00")
        raw(String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
