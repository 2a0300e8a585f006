/// The list that one attempt of a node goes through, its pass (RE105, RE106).
package struct ForEach: Codable, Hashable, Sendable {
  /// Gives the text of a JSON array.
  package var items: Template
  /// The name of an element in templates.
  package var `as`: String
  /// The most items that are RUNNING at once: 1..1,000.
  package var concurrency: Templated<Int>
  /// Whether no further item starts after one that FAILED.
  package var failFast: Bool
  /// Keys whose values of all items a COMPLETED pass puts as one array, in the order of the file.
  package var collect: [String]

  package init(
    items: Template, as name: String = Self.defaultName,
    concurrency: Templated<Int> = .literal(Self.defaultConcurrency), failFast: Bool = false,
    collect: [String] = []
  ) {
    self.items = items
    self.as = name
    self.concurrency = concurrency
    self.failFast = failFast
    self.collect = collect
  }

  package static let defaultName = "item"
  package static let defaultConcurrency = 16
  /// The most elements of a list.
  package static let maximumItems = 10_000

  /// The elements of the list that the text of `items` gives.
  ///
  /// - Throws: `for_each_invalid` when the text is no JSON array of 0..10,000 elements; the
  ///   message says where, and shows nothing of the text, which may be secret (RE16).
  package static func elements(of text: String) throws(ForEachFailure) -> [JSONValue] {
    do {
      return try JSONValue.elements(of: text, atMost: maximumItems)
    } catch {
      throw ForEachFailure(message: "byte \(error.offset) of `items`: \(error.message)")
    }
  }

  /// The key under which what an item puts is recorded: `k` as `k[3]` (RE109).
  package static func key(_ key: String, ofItem index: Int) -> String { "\(key)[\(index)]" }

  /// What a COMPLETED pass puts for one key of `collect` (RE109).
  ///
  /// - Parameter values: For each index of the list, in its order, the last value of the key put
  ///   by the item attempt that completed; nil: it put none.
  /// - Returns: A JSON array of strings and nulls.
  package static func collected(_ values: some Sequence<String?>) -> String {
    "[" + values.map { $0.map(JSONString.quoted) ?? "null" }.joined(separator: ",") + "]"
  }
}

/// A list that cannot be gone through: reason `for_each_invalid`.
package struct ForEachFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package static let reason = "for_each_invalid"

  /// One sentence without its full stop.
  package let message: String

  package var description: String { message }
}
