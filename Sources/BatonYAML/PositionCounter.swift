internal import BatonCore

/// Lines and columns of ascending offsets in a text.
struct PositionCounter {
  private var offset = 0
  private var line = 1
  private var column = 1

  /// The position of a byte; offsets may not decrease from call to call.
  mutating func position(of target: Int, in bytes: [UInt8]) -> Document.Position {
    while offset < target, offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return Document.Position(line: line, column: column)
  }

  /// Where the first bytes stand that are not UTF-8, or nil when all are.
  static func firstIllFormed(_ bytes: [UInt8]) -> Document.Position? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    var position = Document.Position.start
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if scalar == "\n" {
        position = Document.Position(line: position.line + 1, column: 1)
      } else {
        position.column += 1
      }
    }
    return position
  }
}
