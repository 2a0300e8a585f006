internal import BatonCore
internal import CProtobufC

extension CBacked {
  /// Checks, unpacks and copies a message.
  ///
  /// Nothing is allocated before the bytes have passed ``MessageScanner``.
  ///
  /// - Throws: `malformed_message`, `invalid_text`, `message_too_deep`, `message_too_costly`.
  @inline(__always)
  static func decoded(
    from bytes: UnsafeRawBufferPointer, _ limits: DecodingLimits
  ) throws(BatonError) -> Self {
    if bytes.isEmpty { return Self() }
    let budget = memoryBudget(bytes.count, limits)
    if let error = scanMessage(descriptor, bytes, limits, memory: budget) { throw error }
    return try MessageArena.withArena(budget: budget) { arena throws(BatonError) in
      guard let message = unpackMessage(descriptor, bytes, in: arena) else {
        throw BatonError(arena.isExhausted ? .tooCostly : .malformed, descriptor, limits)
      }
      return copied(from: UnsafeRawPointer(message).assumingMemoryBound(to: CStruct.self))
    }
  }
}

/// Bytes of memory that unpacking may take.
private func memoryBudget(_ byteCount: Int, _ limits: DecodingLimits) -> Int {
  let (scaled, overflow) = byteCount.multipliedReportingOverflow(by: limits.memoryFactor)
  return overflow ? Int.max / 2 : scaled + limits.memoryBase
}

private func scanMessage(
  _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ bytes: UnsafeRawBufferPointer,
  _ limits: DecodingLimits, memory: Int
) -> BatonError? {
  guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
  var scanner = MessageScanner(memory: memory)
  let flaw = scanner.scan(start, start + bytes.count, descriptor, depth: limits.maximumDepth)
  guard let flaw else { return nil }
  let field = scanner.path.reversed().map { String(cString: $0) }.joined(separator: ".")
  return BatonError(flaw, descriptor, limits, field: field)
}

private func unpackMessage(
  _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ bytes: UnsafeRawBufferPointer,
  in arena: MessageArena
) -> UnsafeMutablePointer<ProtobufCMessage>? {
  var allocator = arena.allocator
  return protobuf_c_message_unpack(
    descriptor, &allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
}

extension BatonError {
  /// The answer to bytes that cannot be decoded.
  fileprivate init(
    _ flaw: MessageFlaw, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    _ limits: DecodingLimits, field: String = ""
  ) {
    let name = descriptor.pointee.name.map { String(cString: $0) } ?? "message"
    switch flaw {
    case .malformed:
      self.init(
        .invalidArgument, "malformed_message", "the bytes are not an encoded \(name)")
    case .invalidText:
      self.init(
        .invalidArgument, "invalid_text",
        "the text \(field) of \(name) is not UTF-8 or contains U+0000")
    case .tooDeep:
      self.init(
        .invalidArgument, "message_too_deep",
        "\(name) nests messages more than \(limits.maximumDepth) deep")
    case .tooCostly:
      self.init(
        .resourceExhausted, "message_too_costly",
        "\(name) would take more memory than its length allows",
        hint: "send fewer elements in one message")
    }
  }
}

// What generated code copies fields with. The scanner has checked every text.

@inline(__always)
func copiedText(_ c: UnsafePointer<CChar>?) -> String {
  guard let c, c.pointee != 0 else { return "" }
  let text = UnsafeBufferPointer(start: c, count: MessageArena.textLength(c))
  return text.withMemoryRebound(to: UInt8.self) { utf8 in
    String(copying: UTF8Span(unchecked: utf8.span))
  }
}

@inline(__always)
func copiedBytes(_ c: ProtobufCBinaryData) -> [UInt8] {
  c.len == 0 ? [] : Array(UnsafeBufferPointer(start: c.data, count: c.len))
}

@inline(__always)
func copiedMessage<Value: CBacked>(_ c: UnsafePointer<Value.CStruct>?) -> Value? {
  guard let c else { return nil }
  return Value.copied(from: c)
}

@inline(__always)
func copiedArray<Element, Value>(
  _ count: Int, _ c: UnsafePointer<Element>?, _ copy: (Element) -> Value
) -> [Value] {
  guard count > 0, let c else { return [] }
  return [Value](unsafeUninitializedCapacity: count) { values, initialized in
    for position in 0..<count {
      values.initializeElement(at: position, to: copy(c[position]))
    }
    initialized = count
  }
}

/// A map arrives as entries; of a repeated key the last one counts.
@inline(__always)
func copiedMap<Entry, Key: Hashable, Value>(
  _ count: Int, _ c: UnsafePointer<UnsafeMutablePointer<Entry>?>?,
  _ copy: (UnsafeMutablePointer<Entry>) -> (Key, Value)
) -> [Key: Value] {
  guard count > 0, let c else { return [:] }
  var map: [Key: Value] = [:]
  map.reserveCapacity(count)
  for position in 0..<count {
    guard let entry = c[position] else { continue }
    let (key, value) = copy(entry)
    map[key] = value
  }
  return map
}
