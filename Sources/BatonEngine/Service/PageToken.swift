internal import BatonCore
internal import Foundation

/// Opaque page tokens: the place to go on from, bound to the list and its filters (T56).
enum PageToken {
  static func encode(_ place: String, kind: String, _ filters: String...) -> String {
    let text = fingerprint(kind, filters) + place
    return Data(text.utf8).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// The place to go on from; nil: the first page.
  ///
  /// - Throws: INVALID_ARGUMENT `page_token_invalid` when the token is of another list.
  static func decode(
    _ token: String, kind: String, _ filters: String...
  ) throws(BatonError) -> String? {
    guard !token.isEmpty else { return nil }
    var text = token.replacing("-", with: "+").replacing("_", with: "/")
    while text.utf8.count % 4 != 0 { text += "=" }
    guard let data = Data(base64Encoded: text) else { throw RequestChecks.pageTokenInvalid() }
    let decoded = String(decoding: data, as: UTF8.self)
    let prefix = fingerprint(kind, filters)
    guard decoded.hasPrefix(prefix) else { throw RequestChecks.pageTokenInvalid() }
    return String(decoded.dropFirst(prefix.count))
  }

  private static func fingerprint(_ kind: String, _ filters: [String]) -> String {
    let hash = RequestID.hash([Array(kind.utf8)] + filters.map { Array($0.utf8) })
    return Data(hash.prefix(9)).base64EncodedString()
  }
}
