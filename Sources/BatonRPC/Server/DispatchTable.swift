internal import BatonCore
internal import BatonWire
internal import Glibc

/// The methods that a server offers, found by the bytes of their names as they travel.
struct DispatchTable: Sendable {
  /// A method with its names as bytes.
  final class Entry: Sendable {
    let service: [UInt8]
    let method: [UInt8]
    let handler: MethodHandler
    let kind: CallKind

    init(service: String, handler: MethodHandler) {
      self.service = Array(service.utf8)
      self.method = Array(handler.descriptor.method.utf8)
      self.handler = handler
      kind = handler.descriptor.kind
    }

    /// Whether the names of a request are those of the method.
    func matches(_ envelope: RequestEnvelope, of bytes: UnsafeRawBufferPointer) -> Bool {
      Self.isEqual(method, bytes, envelope.method) && Self.isEqual(service, bytes, envelope.service)
    }

    private static func isEqual(
      _ name: [UInt8], _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) -> Bool {
      guard name.count == range.count, let base = bytes.baseAddress else {
        return name.isEmpty && range.isEmpty
      }
      return name.withUnsafeBytes { name in
        guard let other = name.baseAddress else { return true }
        return memcmp(other, base + range.lowerBound, name.count) == 0
      }
    }
  }

  private let buckets: [[Entry]]
  private let mask: Int
  /// The names of the services.
  let services: [String]

  init(_ services: [ServiceDefinition]) {
    let entries = services.flatMap { service in
      service.methods.values.map { Entry(service: service.name, handler: $0) }
    }
    var size = 16
    while size < entries.count * 4 { size *= 2 }
    var buckets = [[Entry]](repeating: [], count: size)
    for entry in entries {
      let hash = entry.service.withUnsafeBytes { service in
        entry.method.withUnsafeBytes { Self.hash(service, $0) }
      }
      buckets[hash & (size - 1)].append(entry)
    }
    self.buckets = buckets
    self.services = services.map(\.name)
    mask = size - 1
  }

  /// The method that the names of a request stand for.
  func entry(_ envelope: RequestEnvelope, of bytes: UnsafeRawBufferPointer) -> Entry? {
    let service = UnsafeRawBufferPointer(rebasing: bytes[envelope.service])
    let method = UnsafeRawBufferPointer(rebasing: bytes[envelope.method])
    for entry in buckets[Self.hash(service, method) & mask]
    where entry.matches(envelope, of: bytes) {
      return entry
    }
    return nil
  }

  /// What a call of a method that is not there answers.
  ///
  /// - Throws: `invalid_text`, when a name is no text.
  func unknownMethod(
    _ envelope: RequestEnvelope, of bytes: UnsafeRawBufferPointer
  ) throws(BatonError) -> BatonError {
    let service = try RequestEnvelope.text(envelope.service, of: bytes)
    let method = try RequestEnvelope.text(envelope.method, of: bytes)
    guard services.contains(service) else {
      // Services of an installation may be spread over servers.
      return BatonError(
        .unimplemented, "unknown_method",
        "\(service.prefix(128)) is not served at this address",
        hint: "here are \(services.sorted().joined(separator: ", ")); the address of another "
          + "server of the installation may have it")
    }
    return BatonError(
      .unimplemented, "unknown_method",
      "the server has no method \(service)/\(method.prefix(128))",
      hint: "the service is known: the client may be newer than the server")
  }

  /// FNV-1a over the method's name and the length of the service's.
  private static func hash(
    _ service: UnsafeRawBufferPointer, _ method: UnsafeRawBufferPointer
  ) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(service.count)
    for byte in method { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: hash ^ (hash >> 32)) & Int.max
  }
}
