package import BatonCore
internal import Crypto
internal import Foundation

/// Opaque text that says where a listing goes on, bound to the listing and its filters (T56).
///
/// Every list of every service makes its page tokens and cursors here: the place is the list's
/// own, a digest of everything that decides what it lists stands before it.
package enum PlaceToken {
  /// Bytes of the digest.
  private static let digestBytes = 9
  /// The longest text that is looked at.
  private static let maximumBytes = 8192

  /// The text for a place.
  ///
  /// - Parameters:
  ///   - place: Where to go on.
  ///   - listing: The kind of list and its filters.
  /// - Returns: Text of base64url without padding.
  package static func text(_ place: [UInt8], of listing: [String]) -> String {
    Data(digest(listing) + place).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// The place that a text stands for; nil: the empty text of the first page.
  ///
  /// - Throws: INVALID_ARGUMENT `page_token_invalid` when the text is none of this listing.
  package static func place(
    _ text: String, of listing: [String]
  ) throws(BatonError) -> [UInt8]? {
    guard !text.isEmpty else { return nil }
    let data = try data(text)
    guard data.starts(with: digest(listing)) else { throw invalid }
    return Array(data.dropFirst(digestBytes))
  }

  /// Checks that a text can be of some listing at all, before it is known of which.
  ///
  /// - Throws: INVALID_ARGUMENT `page_token_invalid`.
  package static func checkForm(_ text: String) throws(BatonError) {
    if !text.isEmpty { _ = try data(text) }
  }

  private static func data(_ text: String) throws(BatonError) -> Data {
    guard text.utf8.count <= maximumBytes else { throw invalid }
    var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
    base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: base64), data.count >= digestBytes else { throw invalid }
    return data
  }

  /// The answer to a text that is none of the listing.
  package static var invalid: BatonError {
    BatonError(
      .invalidArgument, "page_token_invalid", "the page token is not of this list",
      hint: "give the next_page_token of an earlier page with the same filters")
  }

  private static func digest(_ parts: [String]) -> [UInt8] {
    var hash = SHA256()
    for part in parts {
      withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
      hash.update(data: Array(part.utf8))
    }
    return Array(hash.finalize().prefix(digestBytes))
  }
}

/// The number of elements of a page (CT5, T56).
package enum PageSize {
  /// Elements of a page when the request does not say.
  package static let standard = 100
  /// The most elements of a page.
  package static let maximum = 1000

  /// The number of elements that a page shall have.
  ///
  /// - Throws: INVALID_ARGUMENT `page_size_invalid`.
  package static func checked(_ requested: Int32) throws(BatonError) -> Int {
    guard (0...Int32(maximum)).contains(requested) else {
      throw BatonError(
        .invalidArgument, "page_size_invalid",
        "page_size is \(requested), it must be 1 to \(maximum) or 0 for \(standard)")
    }
    return requested == 0 ? standard : Int(requested)
  }
}
