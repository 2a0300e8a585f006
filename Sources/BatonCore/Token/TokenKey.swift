/// A key of one scope, compared byte by byte (T3, T7).
///
/// `String` compares by canonical equivalence, under which two legal keys could be one; this type
/// never looks at characters.
package struct TokenKey: Sendable {
  package let scope: TokenScope
  package let text: String

  package init(_ scope: TokenScope, _ text: String) {
    self.scope = scope
    self.text = text
  }
}

extension TokenKey: Hashable {
  package static func == (left: TokenKey, right: TokenKey) -> Bool {
    left.scope == right.scope && TokenBytes.areEqual(left.text, right.text)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(scope.rawValue)
    TokenBytes.hash(text, into: &hasher)
  }
}

extension TokenKey: Comparable {
  /// USER before SYSTEM, then by bytes.
  package static func < (left: TokenKey, right: TokenKey) -> Bool {
    left.scope != right.scope
      ? left.scope.rawValue < right.scope.rawValue : TokenBytes.precedes(left.text, right.text)
  }
}

/// Comparisons of texts by their UTF-8 bytes.
package enum TokenBytes {
  /// Whether two texts have the same bytes.
  package static func areEqual(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8, right.utf8)
    guard left.count == right.count else { return false }
    return left.withContiguousStorageIfAvailable { first in
      right.withContiguousStorageIfAvailable { first.elementsEqual($0) }
        ?? first.elementsEqual(right)
    } ?? left.elementsEqual(right)
  }

  /// Whether the bytes of `left` come before those of `right`.
  package static func precedes(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8, right.utf8)
    return left.withContiguousStorageIfAvailable { first in
      right.withContiguousStorageIfAvailable { first.lexicographicallyPrecedes($0) }
        ?? first.lexicographicallyPrecedes(right)
    } ?? left.lexicographicallyPrecedes(right)
  }

  static func hash(_ text: String, into hasher: inout Hasher) {
    let hashed: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
      hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
    }
    if hashed == nil {
      for byte in text.utf8 { hasher.combine(byte) }
    }
  }
}
