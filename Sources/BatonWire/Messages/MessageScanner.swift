internal import CProtobufC

/// Why bytes are refused.
enum MessageFlaw: UInt8 {
  case malformed, invalidText, tooDeep, tooCostly
}

/// One pass over encoded bytes before protobuf-c unpacks them.
///
/// protobuf-c checks neither UTF-8 nor zero bytes in texts, recurses without bound and allocates
/// many times the length of what it reads. The scanner refuses all of that by the same tables that
/// protobuf-c works with, allocating nothing itself.
struct MessageScanner {
  /// The size of protobuf-c's `ScannedMember`.
  private static let noteBytes = 32

  /// Bytes of memory that unpacking may still take.
  private var memory: Int
  /// Where the ill-formed text is: the names of its fields, the innermost first.
  private(set) var path: [UnsafePointer<CChar>] = []

  /// - Parameter memory: Bytes of memory that unpacking may take.
  init(memory: Int) {
    self.memory = memory
  }

  /// Checks one message.
  ///
  /// - Parameters:
  ///   - start: The first byte.
  ///   - end: Behind the last byte.
  ///   - descriptor: The message's fields.
  ///   - depth: How many messages may be nested, this one included.
  /// - Returns: What is wrong, or nil.
  mutating func scan(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, depth: Int
  ) -> MessageFlaw? {
    guard depth > 0 else { return .tooDeep }
    guard charge(Int(descriptor.pointee.sizeof_message)) else { return .tooCostly }
    var cursor = Cursor(next: start, end: end)
    // What protobuf-c notes of each field that it meets: 16 on its stack, then in doubling slabs.
    var notes = 0
    var room = 16
    while cursor.next < end {
      notes += 1
      if notes > room {
        guard charge((room + 16) * Self.noteBytes) else { return .tooCostly }
        room += room + 16
      }
      guard let tag = cursor.varint(), tag <= UInt64(UInt32.max) else { return .malformed }
      let number = UInt32(truncatingIfNeeded: tag >> 3)
      guard number != 0 else { return .malformed }
      let wire = UInt8(truncatingIfNeeded: tag & 7)
      let value = cursor.next
      let length = cursor.skip(wire)
      guard length >= 0 else { return .malformed }
      if let field = Self.field(number, of: descriptor) {
        let content = wire == 2 ? cursor.next - length : value
        if let flaw = check(field, wire, content, cursor.next, depth: depth) { return flaw }
      } else {
        guard charge(MemoryLayout<ProtobufCMessageUnknownField>.size + length) else {
          return .tooCostly
        }
      }
    }
    return nil
  }

  private mutating func check(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ wire: UInt8,
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, depth: Int
  ) -> MessageFlaw? {
    let isRepeated = field.pointee.label == PROTOBUF_C_LABEL_REPEATED
    switch field.pointee.type {
    case PROTOBUF_C_TYPE_STRING:
      guard wire == 2 else { return .malformed }
      guard charge(end - start + 1 + (isRepeated ? 8 : 0)) else { return .tooCostly }
      guard isText(start, end) else {
        path = field.pointee.name.map { [$0] } ?? []
        return .invalidText
      }
      return nil
    case PROTOBUF_C_TYPE_BYTES:
      guard wire == 2 else { return .malformed }
      return charge(end - start + (isRepeated ? 16 : 0)) ? nil : .tooCostly
    case PROTOBUF_C_TYPE_MESSAGE:
      guard wire == 2, let type = field.pointee.descriptor else { return .malformed }
      if isRepeated, !charge(8) { return .tooCostly }
      let flaw = scan(
        start, end, type.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
        depth: depth - 1)
      if flaw == .invalidText, let name = field.pointee.name { path.append(name) }
      return flaw
    default:
      let expected = Self.wireType(of: field.pointee.type)
      if wire == expected {
        return !isRepeated || charge(8) ? nil : .tooCostly
      }
      guard isRepeated, wire == 2 else { return .malformed }
      return checkPacked(expected, start, end)
    }
  }

  /// Numbers one after the other; each takes at most 8 bytes.
  private mutating func checkPacked(
    _ wire: UInt8, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> MessageFlaw? {
    guard wire == 0 else {
      let size = wire == 1 ? 8 : 4
      guard (end - start) % size == 0 else { return .malformed }
      return charge(end - start) ? nil : .tooCostly
    }
    var cursor = Cursor(next: start, end: end)
    while cursor.next < end {
      guard cursor.varint() != nil else { return .malformed }
      guard charge(8) else { return .tooCostly }
    }
    return nil
  }

  @inline(__always)
  private mutating func charge(_ byteCount: Int) -> Bool {
    memory -= byteCount
    return memory >= 0
  }

  /// The field with a number; nil if there is none.
  @inline(__always)
  private static func field(
    _ number: UInt32, of descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafePointer<ProtobufCFieldDescriptor>? {
    // Ranges ascend; one more than there are marks where the last one ends.
    guard let ranges = descriptor.pointee.field_ranges, let fields = descriptor.pointee.fields
    else { return nil }
    var range = 0
    let rangeCount = Int(descriptor.pointee.n_field_ranges)
    while range < rangeCount {
      let offset = Int(number) - Int(ranges[range].start_value)
      guard offset >= 0 else { return nil }
      let first = Int(ranges[range].orig_index)
      if offset < Int(ranges[range + 1].orig_index) - first { return fields + first + offset }
      range += 1
    }
    return nil
  }

  private static func wireType(of type: ProtobufCType) -> UInt8 {
    switch type {
    case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: 1
    case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: 5
    default: 0
    }
  }
}

/// A position in encoded bytes.
private struct Cursor {
  var next: UnsafePointer<UInt8>
  let end: UnsafePointer<UInt8>

  /// Takes a number of one to ten bytes; nil if it does not end.
  @inline(__always)
  mutating func varint() -> UInt64? {
    guard next < end else { return nil }
    if next.pointee < 0x80 {
      defer { next += 1 }
      return UInt64(next.pointee)
    }
    return longVarint()
  }

  @inline(never)
  private mutating func longVarint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while next < end, shift < 70 {
      let byte = next.pointee
      next += 1
      value |= UInt64(byte & 0x7f) &<< shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  /// Goes behind a value.
  ///
  /// - Returns: The length of its content, or -1 if it is cut off or of no known form.
  @inline(__always)
  mutating func skip(_ wire: UInt8) -> Int {
    let start = next
    switch wire {
    case 0:
      guard varint() != nil else { return -1 }
      return next - start
    case 2:
      guard let length = varint(), length <= UInt64(end - next) else { return -1 }
      next += Int(length)
      return Int(length)
    case 1, 5:
      let length = wire == 1 ? 8 : 4
      guard length <= end - next else { return -1 }
      next += length
      return length
    default:
      return -1
    }
  }
}

/// Whether bytes are UTF-8 without U+0000.
private func isText(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
  var next = start
  let high: UInt64 = 0x8080_8080_8080_8080
  let ones: UInt64 = 0x0101_0101_0101_0101
  while end - next >= 8 {
    let word = UnsafeRawPointer(next).loadUnaligned(as: UInt64.self)
    // Set where a byte is 0x80 or more, or where subtracting 1 borrowed: where it is 0.
    guard (word | (word &- ones)) & high == 0 else { break }
    next += 8
  }
  while next < end {
    guard next.pointee != 0, next.pointee < 0x80 else { break }
    next += 1
  }
  return next == end || isUnicodeText(next, end)
}

/// As ``isText``, for bytes that are not all ASCII.
@inline(never)
private func isUnicodeText(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
  let bytes = UnsafeBufferPointer(start: start, count: end - start)
  if bytes.contains(0) { return false }
  return (try? UTF8Span(validating: bytes.span)) != nil
}
