/// Reads the fields of an encoded protobuf message, for the envelope.
///
/// Every method answers nil for bytes that are no message. Groups are refused.
struct ProtobufReader {
  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  private let end: Int

  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position >= end }

  @inline(__always)
  mutating func varint() -> UInt64? {
    guard position < end else { return nil }
    let first = bytes[position]
    if first < 0x80 {
      position += 1
      return UInt64(first)
    }
    return longVarint()
  }

  private mutating func longVarint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end && shift < 70 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  /// The next field's number and wire type.
  mutating func tag() -> (field: UInt64, wireType: UInt8)? {
    guard let key = varint(), key <= UInt64(UInt32.max), key >> 3 != 0 else { return nil }
    return (key >> 3, UInt8(key & 7))
  }

  /// The bytes of a length-delimited field.
  mutating func delimited() -> Range<Int>? {
    guard let length = varint(), length <= UInt64(end - position) else { return nil }
    let start = position
    position += Int(length)
    return start..<position
  }

  /// Passes over the value of a field that is not wanted.
  mutating func skip(_ wireType: UInt8) -> Bool {
    switch wireType {
    case 0: return varint() != nil
    case 1: return advance(8)
    case 2: return delimited() != nil
    case 5: return advance(4)
    default: return false
    }
  }

  private mutating func advance(_ count: Int) -> Bool {
    guard end - position >= count else { return false }
    position += count
    return true
  }

  /// The text in a range, nil for ill-formed UTF-8 or U+0000.
  func text(_ range: Range<Int>) -> String? {
    let part = UnsafeRawBufferPointer(rebasing: bytes[range])
    guard !part.contains(0) else { return nil }
    return part.withMemoryRebound(to: UInt8.self) { String(validating: $0, as: UTF8.self) }
  }
}
