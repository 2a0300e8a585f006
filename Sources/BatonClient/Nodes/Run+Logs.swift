internal import BatonCore
internal import BatonWire

/// Which captured output is read.
public struct LogOptions: Sendable, Hashable {
  /// The attempt; nil for the newest.
  public var attempt: Int?
  /// The index of an item of `for_each`, from 0.
  public var item: Int?
  /// The attempt of the item; nil for the newest.
  public var itemAttempt: Int?
  /// The stream.
  public var stream: LogChunk.Stream
  /// The byte from which to read.
  public var offset: Int64
  /// Whether to go on with what comes until the attempt has ended.
  public var follow: Bool

  /// The standard output of the newest attempt, from its beginning.
  public init(
    stream: LogChunk.Stream = .stdout, attempt: Int? = nil, follow: Bool = false
  ) {
    self.stream = stream
    self.attempt = attempt
    self.follow = follow
    offset = 0
  }
}

extension Run {
  /// Gives captured output of a node in order; goes on after lost connections.
  ///
  /// - Parameters:
  ///   - node: The node, or the workflow's name for its hooks.
  ///   - options: Which attempt and stream, and whether to wait for more.
  ///   - body: Takes one piece; the next is not read before it returns.
  /// - Throws: NOT_FOUND `run_not_found`, `node_not_found`, `attempt_not_found`; what `body`
  ///   throws.
  public func logs(
    of node: String, options: LogOptions = LogOptions(),
    _ body: (LogChunk) async throws -> Void
  ) async throws {
    var next = options.offset
    var request = Wire.GetNodeLogRequest()
    request.run = reference.wire
    request.node = node
    request.attempt = UInt32(clamping: options.attempt ?? 0)
    request.item = options.item.map(UInt32.init(clamping:))
    request.itemAttempt = UInt32(clamping: options.itemAttempt ?? 0)
    request.streams = [options.stream.wire]
    request.follow = options.follow
    try await client.streams.run { progress in
      request.offset = next
      try await client.engine.getNodeLog(request) { chunks in
        progress.began = .now
        for try await wire in chunks {
          progress.isMade = true
          let chunk = LogChunk(wire)
          try await ResumableStream.protect { try await body(chunk) }
          next = chunk.offset + Int64(chunk.data.count)
        }
      }
    }
  }
}
