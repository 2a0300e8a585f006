internal import BatonCore
internal import BatonWire

extension Timestamp {
  /// The moment that a field of the contract holds; 0 is absent (CT1).
  init?(wire milliseconds: Int64) {
    guard milliseconds != 0 else { return nil }
    self.init(milliseconds: milliseconds)
  }
}

extension String {
  /// The text, or nil where the field is absent.
  var nonEmpty: String? { isEmpty ? nil : self }
}

extension TokenScope {
  var wire: Wire.Scope { self == .user ? .user : .system }
}

extension OpenEnum {
  /// The word, or nil where the field is absent.
  var wordIfGiven: String? { rawValue == 0 ? nil : name }
}

/// Collects the pages of a listing, up to a number of elements.
func collectPages<Element>(
  limit: Int?, _ page: (_ size: Int32, _ token: String) async throws -> ([Element], String)
) async throws -> [Element] {
  var found: [Element] = []
  var token = ""
  while true {
    let missing = limit.map { $0 - found.count } ?? 1000
    guard missing > 0 else { return found }
    let (elements, next) = try await page(Int32(min(missing, 1000)), token)
    found += elements
    guard !next.isEmpty else { return found }
    token = next
  }
}
