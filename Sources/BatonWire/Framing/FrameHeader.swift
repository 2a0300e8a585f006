/// The ten bytes in front of every frame (wire.md §1).
package struct FrameHeader: Sendable, Hashable {
  /// The length of the data that follows, in bytes.
  package var length: UInt32
  package var streamID: UInt32
  package var type: FrameType
  package var flags: FrameFlags

  /// The size of an encoded header in bytes.
  package static let size = 10

  package init(length: UInt32, streamID: UInt32, type: FrameType, flags: FrameFlags = []) {
    self.length = length
    self.streamID = streamID
    self.type = type
    self.flags = flags
  }

  /// Stores a stream id in the encoded header at the start of `bytes`.
  package static func store(streamID: UInt32, in bytes: UnsafeMutableRawBufferPointer) {
    bytes.storeBytes(of: streamID.bigEndian, toByteOffset: 4, as: UInt32.self)
  }

  /// Stores the encoded header at the start of `bytes`.
  ///
  /// - Returns: Its size.
  @inline(__always)
  func store(in bytes: UnsafeMutableRawBufferPointer) -> Int {
    bytes.storeBytes(of: length.bigEndian, as: UInt32.self)
    bytes.storeBytes(of: streamID.bigEndian, toByteOffset: 4, as: UInt32.self)
    bytes[8] = type.rawValue
    bytes[9] = flags.rawValue
    return Self.size
  }
}

/// What a frame is; numbers that are none of these are ignored on receipt (FR1).
package struct FrameType: RawRepresentable, Sendable, Hashable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let request = FrameType(rawValue: 1)
  package static let response = FrameType(rawValue: 2)
  package static let data = FrameType(rawValue: 3)
  /// Ends a call early; sent by clients only (FR13).
  package static let cancel = FrameType(rawValue: 0x10)
}

/// The flags of a frame; bits that are none of these are ignored.
package struct FrameFlags: OptionSet, Sendable, Hashable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The sender sends nothing more on this stream.
  package static let done = FrameFlags(rawValue: 0x01)
  /// The sender will send more on this stream.
  package static let more = FrameFlags(rawValue: 0x02)
  /// The frame carries no message, not even an empty one.
  package static let noData = FrameFlags(rawValue: 0x04)
}

/// The sizes that every peer keeps to.
package enum FrameLimit {
  /// The most data that a frame may carry.
  package static let data = 4_194_304
  /// A frame announced as longer than this closes the connection (FR8).
  package static let announced = 16_777_216
}
