/// A mapping of the file: an object with known fields, or a map from names to values.
struct DocumentObject {
  /// A key and its value.
  struct Field {
    var name: String
    var value: DocumentCursor
  }

  let cursor: DocumentCursor
  /// The pairs in the order of the file; names are distinct.
  let fields: [Field]
  private let positions: [String: Int]

  init(cursor: DocumentCursor, fields: [Field]) {
    self.cursor = cursor
    self.fields = fields
    positions = Dictionary(
      fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The value of a field, or nil when it is absent.
  subscript(_ name: String) -> DocumentCursor? {
    positions[name].map { fields[$0].value }
  }

  /// The value of a field that must be there.
  func required(_ name: String) -> DocumentCursor? {
    if let value = self[name] { return value }
    cursor.report(.missingField, "`\(name)` is missing")
    return nil
  }

  /// Reports every field that is not known; `what` is the object, as in "is no field of a node".
  func allow(_ known: Set<String>, what: String) {
    for field in fields where !known.contains(field.name) {
      let name = field.name.shortened(to: 128)
      field.value.reportAtKey(.unknownField, "`\(name)` is no field of \(what)")
    }
  }

  /// Reports every one of these fields that is given: the grammar has it, the server not yet.
  func refuse(_ names: [String]) {
    for name in names {
      self[name]?.reportAtKey(
        .kindUnavailable, "`\(name)` is not available on this server yet")
    }
  }
}
