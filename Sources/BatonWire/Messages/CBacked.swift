internal import CProtobufC

/// A message with the C struct through which it is coded; conformances are generated.
protocol CBacked: Message {
  /// The struct that protoc-c made for the message; begins with a `ProtobufCMessage`.
  associatedtype CStruct

  /// The message's fields, as protobuf-c knows them.
  static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> { get }

  /// The value of an unpacked struct.
  static func copied(from c: UnsafePointer<CStruct>) -> Self

  /// Sets the fields of an empty struct; what they point to lives in the arena.
  func copy(to c: UnsafeMutablePointer<CStruct>, in arena: MessageArena)
}
