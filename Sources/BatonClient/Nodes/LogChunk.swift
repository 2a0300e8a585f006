public import BatonCore
internal import BatonWire

/// A piece of captured output, as it was written.
public struct LogChunk: Sendable, Hashable {
  /// A stream of captured output.
  public enum Stream: String, Sendable, Hashable, CaseIterable {
    /// Standard output.
    case stdout = "STDOUT"
    /// Standard error.
    case stderr = "STDERR"

    var wire: Wire.LogStream { self == .stdout ? .stdout : .stderr }
  }

  /// Its stream.
  public var stream: Stream
  /// The place of its first byte among all bytes ever written to the stream.
  public var offset: Int64
  /// When it was captured.
  public var time: Timestamp
  /// At most 64 KiB.
  public var data: [UInt8]
  /// Bytes before it that were not kept.
  public var droppedBytes: Int64
}

extension LogChunk {
  init(_ wire: Wire.LogChunk) {
    stream = wire.stream == .stderr ? .stderr : .stdout
    offset = wire.offset
    time = Timestamp(milliseconds: wire.time)
    data = wire.data
    droppedBytes = wire.droppedBytes
  }
}
