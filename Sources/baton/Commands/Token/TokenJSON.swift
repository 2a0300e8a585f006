package import BatonClient

/// Token reads as JSON, byte for byte as in T59.
package enum TokenJSON {
  /// One entry with everything about it, for get.
  package static func entry(_ entry: TokenEntry) -> JSONValue {
    var object = JSONObject()
    object.add("key", entry.key)
    object.add("scope", entry.scope.word)
    object.add("nodeName", entry.node)
    object.add("attempt", entry.attempt)
    object.add("attemptStatus", entry.attemptStatus?.rawValue)
    object.add("value", entry.value)
    object.add("seq", entry.seq)
    object.add("time", entry.time.rfc3339)
    return object.value
  }

  /// Keys with the entries of every node, for list and all.
  package static func map(_ keys: [TokenKey], detail: Bool) -> JSONValue {
    let members = keys.map { key in
      JSONValue.Member(
        key.key,
        .array(
          key.entries.map { entry in
            var object = JSONObject()
            object.add("nodeName", entry.node)
            object.add("value", entry.value)
            if detail { addDetail(entry, to: &object) }
            return object.value
          }))
    }
    return .object([.init("tokenValueMap", .object(members))])
  }

  /// The entries of one node, in the order in which they were put.
  package static func node(_ entries: [TokenEntry], detail: Bool) -> JSONValue {
    .object(
      entries.map { entry in
        guard detail else { return .init(entry.key, .string(entry.value)) }
        var object = JSONObject()
        object.add("value", entry.value)
        addDetail(entry, to: &object)
        return .init(entry.key, object.value)
      })
  }

  private static func addDetail(_ entry: TokenEntry, to object: inout JSONObject) {
    object.add("attempt", entry.attempt)
    object.add("attemptStatus", entry.attemptStatus?.rawValue)
    object.add("seq", entry.seq)
    object.add("time", entry.time.rfc3339)
  }
}
