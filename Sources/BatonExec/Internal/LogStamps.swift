internal import BatonCore
internal import Glibc

/// When which part of an attempt's output came: `log.times` (`logs.c`), records of 16 bytes, the
/// offset with the stream in its highest bit, and the time.
struct LogStamps {
  private struct Stamp {
    var offset: UInt64
    var time: Timestamp
  }

  private static let errorBit: UInt64 = 1 << 63
  private static let recordSize = 16

  private let path: String
  private var consumed = 0
  private var stamps: [LogChunk.Stream: [Stamp]] = [:]

  init(path: String) {
    self.path = path
  }

  /// About when the byte at an offset was written.
  mutating func time(of stream: LogChunk.Stream, at offset: UInt64) -> Timestamp {
    if (stamps[stream]?.last?.offset ?? 0) <= offset { readOn() }
    let known = stamps[stream] ?? []
    var low = 0
    var high = known.count
    while low < high {
      let middle = (low + high) / 2
      if known[middle].offset <= offset { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? known[low - 1].time : known.first?.time ?? Timestamp(milliseconds: 0)
  }

  private mutating func readOn() {
    guard let fd = (try? Files.openRegular(path)) ?? nil else { return }
    defer { close(fd) }
    while true {
      let bytes = [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, count in
        count = max(0, pread(fd, buffer.baseAddress, buffer.count, consumed))
      }
      let records = bytes.count / Self.recordSize
      if records == 0 { return }
      bytes.withUnsafeBytes { buffer in
        for record in 0..<records { take(buffer, at: record * Self.recordSize) }
      }
      consumed += records * Self.recordSize
    }
  }

  private mutating func take(_ buffer: UnsafeRawBufferPointer, at position: Int) {
    let place = buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    let wall = buffer.loadUnaligned(fromByteOffset: position + 8, as: Int64.self)
    let stream: LogChunk.Stream =
      place & Self.errorBit == 0 ? .standardOutput : .standardError
    stamps[stream, default: []].append(
      Stamp(offset: place & ~Self.errorBit, time: Timestamp(milliseconds: wall)))
  }
}
