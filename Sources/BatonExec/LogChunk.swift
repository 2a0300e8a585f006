package import BatonCore

/// A piece of an attempt's output (G55).
package struct LogChunk: Hashable, Sendable {
  /// One of the two outputs of a program.
  package enum Stream: String, Hashable, Sendable, CaseIterable {
    case standardOutput = "stdout"
    case standardError = "stderr"
  }

  /// The greatest size of `data`: 64 KiB.
  package static let maximumSize = 64 * 1024

  package var stream: Stream
  /// The offset of the first byte of `data` among all bytes ever written to the stream.
  package var offset: UInt64
  /// About when `data` was written.
  package var time: Timestamp
  package var data: [UInt8]
  /// Bytes directly before `offset` that were asked for but not kept.
  package var droppedBytes: UInt64

  package init(
    stream: Stream, offset: UInt64, time: Timestamp, data: [UInt8], droppedBytes: UInt64 = 0
  ) {
    self.stream = stream
    self.offset = offset
    self.time = time
    self.data = data
    self.droppedBytes = droppedBytes
  }

  /// Where the next chunk of the stream begins.
  package var end: UInt64 {
    let (end, overflow) = offset.addingReportingOverflow(UInt64(data.count))
    return overflow ? .max : end
  }
}
