internal import CProtobufC
internal import NIOCore

#if canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Packs the struct that `build` makes in an arena, straight into the buffer.
@inline(__always)
func encodeMessage(
  into buffer: inout ByteBuffer, prefix: (Int, inout ByteBuffer) -> Void,
  _ build: (MessageArena) -> UnsafePointer<ProtobufCMessage>
) {
  MessageArena.withArena { arena in
    packMessage(build(arena), into: &buffer, prefix: prefix)
  }
}

private func packMessage(
  _ message: UnsafePointer<ProtobufCMessage>, into buffer: inout ByteBuffer,
  prefix: (Int, inout ByteBuffer) -> Void
) {
  let size = protobuf_c_message_get_packed_size(message)
  prefix(size, &buffer)
  if size == 0 { return }
  buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
    guard let start = bytes.baseAddress else { return 0 }
    return protobuf_c_message_pack(message, start.assumingMemoryBound(to: UInt8.self))
  }
}

// What generated code builds structs with.

extension MessageArena {
  /// A message as a struct ready for packing.
  @inline(__always)
  func packable<Value: CBacked>(_ value: Value) -> UnsafePointer<ProtobufCMessage> {
    UnsafeRawPointer(message(value)).assumingMemoryBound(to: ProtobufCMessage.self)
  }

  /// A message as a struct, with all that it points to.
  @inline(__always)
  func message<Value: CBacked>(_ value: Value) -> UnsafeMutablePointer<Value.CStruct> {
    let c = emptyStruct(Value.CStruct.self, Value.descriptor)
    value.copy(to: c, in: self)
    return c
  }

  /// A struct whose fields are all absent: protobuf-c packs neither zeros nor null pointers.
  @inline(__always)
  func emptyStruct<CStruct>(
    _ type: CStruct.Type, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafeMutablePointer<CStruct> {
    let piece = allocate(MemoryLayout<CStruct>.size)
    memset(piece, 0, MemoryLayout<CStruct>.size)
    piece.storeBytes(of: descriptor, as: UnsafePointer<ProtobufCMessageDescriptor>.self)
    return piece.assumingMemoryBound(to: CStruct.self)
  }

  /// A text, or nil for an empty one.
  @inline(__always)
  func textOrNil(_ text: String) -> UnsafeMutablePointer<CChar>? {
    text.isEmpty ? nil : self.text(text)
  }

  /// A text in C's form, ended by a zero byte.
  ///
  /// C texts end at their first zero byte, and encoding cannot fail: so U+0000, which no received
  /// text contains (FR17), goes out as the bytes C0 80. They are no UTF-8, so the receiver refuses
  /// the text with `invalid_text`; nothing is cut off or replaced unseen (T5).
  func text(_ text: String) -> UnsafeMutablePointer<CChar> {
    let copy = text.utf8.withContiguousStorageIfAvailable { utf8 -> UnsafeMutableRawPointer? in
      let piece = allocate(utf8.count + 1)
      piece.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
      guard let start = utf8.baseAddress else { return piece }
      memcpy(piece, start, utf8.count)
      return memchr(start, 0, utf8.count) == nil ? piece : nil
    }
    guard let copy, let piece = copy else { return self.text(withoutZero: text) }
    return piece.assumingMemoryBound(to: CChar.self)
  }

  @inline(never)
  private func text(withoutZero text: String) -> UnsafeMutablePointer<CChar> {
    var utf8: [UInt8] = []
    for byte in text.utf8 {
      if byte == 0 { utf8 += [0xC0, 0x80] } else { utf8.append(byte) }
    }
    utf8.append(0)
    let piece = allocate(utf8.count)
    piece.copyMemory(from: utf8, byteCount: utf8.count)
    return piece.assumingMemoryBound(to: CChar.self)
  }

  /// Bytes, copied.
  func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    if bytes.isEmpty { return ProtobufCBinaryData(len: 0, data: nil) }
    let piece = allocate(bytes.count)
    piece.copyMemory(from: bytes, byteCount: bytes.count)
    return ProtobufCBinaryData(
      len: bytes.count, data: piece.assumingMemoryBound(to: UInt8.self))
  }

  /// The elements of a repeated field.
  @inline(__always)
  func array<Value, Element>(
    _ values: [Value], _ copy: (Value) -> Element
  ) -> UnsafeMutablePointer<Element> {
    let piece = allocate(values.count * MemoryLayout<Element>.stride)
      .bindMemory(to: Element.self, capacity: values.count)
    for position in values.indices {
      (piece + position).initialize(to: copy(values[position]))
    }
    return piece
  }

  /// The entries of a map, ordered by key: equal maps have equal encodings.
  @inline(__always)
  func map<Key, Value, Entry>(
    _ map: [Key: Value], _ type: Entry.Type,
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    _ copy: (UnsafeMutablePointer<Entry>, Key, Value) -> Void,
    order: (UnsafeMutablePointer<Entry>, UnsafeMutablePointer<Entry>) -> Bool
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Entry>?> {
    let entries = map.map { key, value in
      let entry = emptyStruct(type, descriptor)
      copy(entry, key, value)
      return entry
    }
    return array(entries.sorted(by: order)) { $0 }
  }
}

/// Whether a text comes before another by its bytes.
func textPrecedes(_ text: UnsafePointer<CChar>?, _ other: UnsafePointer<CChar>?) -> Bool {
  guard let text, let other else { return other != nil }
  return strcmp(text, other) < 0
}
