internal import BatonCore
internal import BatonStore

/// Where a listing goes on, and which state all its pages show (T56).
///
/// On the wire it is opaque text, bound to its listing (``PlaceToken``).
struct PageToken: Hashable, Sendable {
  /// The newest put that the listing takes into account.
  var asOf: UInt64
  /// The attempt whose view is listed, where the query named a node alone; 0: none.
  var attempt: UInt32
  /// Bytes that the token used when the listing began.
  var usedBytes: Int64
  /// The `seq` of the last entry given.
  var seq: UInt64
  /// The place in the order of its key of the last entry given; see ``ListTokens``.
  var place: Int64 = 0
  /// The key of the last entry given; empty where `seq` alone says the place.
  var key: String = ""
}

extension PageToken {
  private static let version: UInt8 = 1
  private static let fixedBytes = 1 + 8 + 4 + 8 + 8 + 8

  /// The token as text, for a listing with these parts.
  func text(of listing: [String]) -> String {
    var bytes: [UInt8] = [Self.version]
    bytes.reserveCapacity(Self.fixedBytes + key.utf8.count)
    Self.append(asOf, to: &bytes)
    Self.append(attempt, to: &bytes)
    Self.append(usedBytes, to: &bytes)
    Self.append(seq, to: &bytes)
    Self.append(place, to: &bytes)
    bytes.append(contentsOf: key.utf8)
    return PlaceToken.text(bytes, of: listing)
  }

  /// The token that a text stands for; nil for the empty text of the first page.
  ///
  /// - Throws: INVALID_ARGUMENT `page_token_invalid`.
  static func parse(_ text: String, of listing: [String]) throws(BatonError) -> PageToken? {
    guard let bytes = try PlaceToken.place(text, of: listing) else { return nil }
    guard bytes.count >= fixedBytes, bytes[0] == version else { throw PlaceToken.invalid }
    var rest = bytes[1...]
    let asOf: UInt64 = take(&rest)
    let attempt: UInt32 = take(&rest)
    let usedBytes: Int64 = take(&rest)
    let seq: UInt64 = take(&rest)
    let place: Int64 = take(&rest)
    guard let key = String(validating: rest, as: UTF8.self) else { throw PlaceToken.invalid }
    return PageToken(
      asOf: asOf, attempt: attempt, usedBytes: usedBytes, seq: seq, place: place, key: key)
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func take<Number: FixedWidthInteger>(_ rest: inout ArraySlice<UInt8>) -> Number {
    var number = Number.zero
    for (index, byte) in rest.prefix(Number.bitWidth / 8).enumerated() {
      number |= Number(truncatingIfNeeded: byte) << Number(8 * index)
    }
    rest = rest.dropFirst(Number.bitWidth / 8)
    return number
  }
}

/// How large a page may become (CT5, T56).
struct PageBound {
  private var entriesLeft: Int
  private var bytesLeft: Int
  private var isEmpty = true

  /// - Parameters:
  ///   - size: The `page_size` of the request.
  ///   - bytes: About how many bytes a page may take.
  /// - Throws: INVALID_ARGUMENT `page_size_invalid`.
  init(size: Int32, bytes: Int) throws(BatonError) {
    entriesLeft = try PageSize.checked(size)
    bytesLeft = bytes
  }

  /// Makes room for what stands on the page beside its elements; false: it is more than a fifth
  /// of the page, which must keep room for the greatest value (and more than 4 KiB).
  mutating func reserve(bytes: Int) -> Bool {
    let most = bytesLeft / 5
    guard bytes <= max(most, 4096) else { return false }
    bytesLeft -= min(bytes, most)
    return true
  }

  /// Makes room for an entry; false: it belongs on the next page.
  mutating func admits(_ put: TokenPut) -> Bool { admits(bytes: Self.bytes(of: put)) }

  /// Makes room for an element, or for a part of the element admitted last.
  mutating func admits(bytes: Int, isElement: Bool = true) -> Bool {
    guard !isElement || entriesLeft > 0, isEmpty || bytes <= bytesLeft else { return false }
    if isElement { entriesLeft -= 1 }
    bytesLeft -= bytes
    isEmpty = false
    return true
  }

  /// The most bytes that an entry takes on a page.
  ///
  /// Tags, lengths and numbers of an entry, and of the group it is in, take less than 96 bytes.
  static func bytes(of put: TokenPut) -> Int {
    2 * put.key.utf8.count + put.node.utf8.count + put.value.utf8.count + 96
  }
}
