internal import BatonCore
internal import Glibc

/// Reads the output of one attempt from the segments its shim keeps (`logs.c`).
///
/// A segment's name says the offset of its first byte, so a gap between segments is what was
/// dropped. Reading needs no lock: segments only grow, end, and go away as a whole.
package struct LogReader {
  private let directory: String
  private let streams: [LogChunk.Stream]
  private var positions: [LogChunk.Stream: UInt64] = [:]
  private var segments: [LogChunk.Stream: [UInt64]] = [:]
  private var waiting: [LogChunk.Stream: LogChunk] = [:]
  private var stamps: LogStamps

  /// - Parameters:
  ///   - directory: The attempt's directory.
  ///   - streams: Which of the two.
  ///   - offset: Where each stream begins.
  package init(directory: String, streams: [LogChunk.Stream], offset: UInt64) {
    self.directory = directory
    self.streams = streams
    for stream in streams { positions[stream] = offset }
    stamps = LogStamps(path: directory + "/log.times")
  }

  /// Whether the attempt has ended: what is there now is all.
  package var hasEnded: Bool {
    if Files.exists(directory + "/outcome") { return true }
    guard Files.exists(directory) else { return true }
    // A claim that cannot be read now ends nothing.
    guard let claim = try? ClaimFile(directory: directory) else { return false }
    return !claim.isByShim
  }

  /// The next chunk, older ones of the two streams first; nil when there is none now.
  package mutating func next() -> LogChunk? {
    for stream in streams where waiting[stream] == nil {
      waiting[stream] = read(stream, from: positions[stream] ?? 0)
    }
    let oldest = streams.compactMap { waiting[$0] }.min { $0.time < $1.time }
    guard let oldest else { return nil }
    waiting[oldest.stream] = nil
    positions[oldest.stream] = oldest.end
    return oldest
  }

  private mutating func read(_ stream: LogChunk.Stream, from offset: UInt64) -> LogChunk? {
    if let chunk = readInside(stream, from: offset) { return chunk }
    // Segments go away while we look; each round begins with those that are there now.
    for _ in 0..<16 {
      segments[stream] = listSegments(stream)
      // What the list holds behind a segment was begun after that one was complete, so the segment
      // has to be tried again before anything counts as dropped.
      if let chunk = readInside(stream, from: offset) { return chunk }
      guard let next = segments[stream]?.first(where: { $0 > offset }) else {
        return droppedEnd(stream, from: offset)
      }
      guard let data = readSegment(stream, next, at: 0) else { continue }
      if data.isEmpty { return nil }
      return LogChunk(
        stream: stream, offset: next, time: stamps.time(of: stream, at: next), data: data,
        droppedBytes: next - offset)
    }
    return nil
  }

  private mutating func readInside(_ stream: LogChunk.Stream, from offset: UInt64) -> LogChunk? {
    guard let start = segments[stream]?.last(where: { $0 <= offset }),
      let data = readSegment(stream, start, at: offset - start), !data.isEmpty
    else { return nil }
    return LogChunk(
      stream: stream, offset: offset, time: stamps.time(of: stream, at: offset), data: data)
  }

  /// Bytes at the very end that could not be kept, for want of room.
  private func droppedEnd(_ stream: LogChunk.Stream, from offset: UInt64) -> LogChunk? {
    guard let outcome = try? OutcomeFile.read(directory: directory) else { return nil }
    let totals = stream == .standardOutput ? outcome.standardOutput : outcome.standardError
    guard totals.written > offset, totals.dropped > 0 else { return nil }
    return LogChunk(
      stream: stream, offset: totals.written, time: outcome.endedAt, data: [],
      droppedBytes: totals.written - offset)
  }

  private func listSegments(_ stream: LogChunk.Stream) -> [UInt64] {
    let prefix = stream.rawValue + "."
    return Files.names(in: directory).compactMap { name in
      // The program may have put anything here: no file is that long.
      guard name.hasPrefix(prefix), let start = UInt64(name.dropFirst(prefix.count)),
        start <= UInt64(Int64.max)
      else { return nil }
      return start
    }.sorted()
  }

  /// Bytes of a segment, none at its present end; nil when the segment is gone.
  private func readSegment(
    _ stream: LogChunk.Stream, _ start: UInt64, at position: UInt64
  ) -> [UInt8]? {
    let path = "\(directory)/\(stream.rawValue).\(start)"
    guard let fd = (try? Files.openRegular(path)) ?? nil else { return nil }
    defer { close(fd) }
    guard let position = Int(exactly: position) else { return [] }
    return [UInt8](unsafeUninitializedCapacity: LogChunk.maximumSize) { buffer, count in
      count = max(0, pread(fd, buffer.baseAddress, buffer.count, position))
    }
  }
}
