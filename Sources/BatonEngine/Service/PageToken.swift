internal import BatonCore
internal import BatonStore

/// Page tokens whose place is a text.
enum PageToken {
  static func encode(_ place: String, kind: String, _ filters: String...) -> String {
    PlaceToken.text(Array(place.utf8), of: [kind] + filters)
  }

  /// The place to go on from; nil: the first page.
  ///
  /// - Throws: INVALID_ARGUMENT `page_token_invalid` when the token is of another list.
  static func decode(
    _ token: String, kind: String, _ filters: String...
  ) throws(BatonError) -> String? {
    guard let place = try PlaceToken.place(token, of: [kind] + filters) else { return nil }
    guard let text = String(validating: place, as: UTF8.self) else { throw PlaceToken.invalid }
    return text
  }
}
