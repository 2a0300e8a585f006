/// Builds an object member by member; absent values leave their member out.
package struct JSONObject {
  private var members: [JSONValue.Member] = []

  package init() {}

  /// The object so far.
  package var value: JSONValue { .object(members) }

  /// Adds a member.
  package mutating func add(_ name: String, _ value: JSONValue) {
    members.append(.init(name, value))
  }

  /// Adds a text, unless it is absent.
  package mutating func add(_ name: String, _ value: String?) {
    if let value { add(name, JSONValue.string(value)) }
  }

  /// Adds an integer, unless it is absent.
  package mutating func add(_ name: String, _ value: (some BinaryInteger)?) {
    if let value { add(name, JSONValue.integer(Int64(clamping: value))) }
  }

  /// Adds an integer, unless it is 0, which stands for absent.
  package mutating func addUnlessZero(_ name: String, _ value: some BinaryInteger) {
    if value != 0 { add(name, value) }
  }

  /// Adds a map, keys ascending by bytes.
  package mutating func add(_ name: String, _ map: [String: String]) {
    let sorted = map.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    add(name, .object(sorted.map { .init($0.key, .string($0.value)) }))
  }
}
