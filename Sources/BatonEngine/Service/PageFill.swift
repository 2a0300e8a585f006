internal import BatonCore
internal import BatonStore
internal import BatonWire

/// The elements of one page: as many as asked for, and no more than a frame holds (CT5).
struct PageFill<Element: Message> {
  /// Bytes of a page; leaves room for the frame around it and for the page token.
  private static var maximumBytes: Int { 4_128_768 }

  /// The elements that were asked for.
  let size: Int
  private(set) var elements: [Element] = []
  private var bytesLeft = maximumBytes

  /// - Throws: INVALID_ARGUMENT `page_size_invalid`.
  init(size: Int32) throws(BatonError) {
    self.size = try PageSize.checked(size)
  }

  /// Whether a further element can fit.
  var hasRoom: Bool { elements.count < size }

  /// Puts an element on the page.
  ///
  /// - Returns: False when it belongs on the next one. The first element always fits.
  mutating func admits(_ element: Element) -> Bool {
    // Tag and length of a repeated field take less than 8 bytes.
    let bytes = element.encodedSize + 8
    guard elements.isEmpty || (elements.count < size && bytes <= bytesLeft) else { return false }
    elements.append(element)
    bytesLeft -= bytes
    return true
  }
}
