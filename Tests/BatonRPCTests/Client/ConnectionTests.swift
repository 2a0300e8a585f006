import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import Testing

/// A client against a server that sends what the test says.
@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  private typealias Service = TestService

  private func withFakeServer<Result>(
    _ options: RPCConnectionOptions = RPCConnectionOptions(),
    _ body: (RPCConnection, RawPeer) async throws -> Result
  ) async throws -> Result {
    let (accepted, continuation) = AsyncStream<RawPeer.AcceptedPeer>.makeStream()
    let (channel, endpoint) = try await RawPeer.listen { continuation.yield($0) }
    let connection = try await connect(to: endpoint, options)
    var iterator = accepted.makeAsyncIterator()
    let peer = try #require(await iterator.next()).peer
    let result = try await body(connection, peer)
    await connection.close()
    await peer.close()
    try await channel.close()
    return result
  }

  private func echo(
    _ connection: RPCConnection, _ text: String, _ options: CallOptions = .standard
  ) async throws -> String {
    let answer: Text = try await connection.unary(Service.echo, Text(text), options: options)
    return answer.value
  }

  private func reply(_ peer: RawPeer, _ id: UInt32, _ text: String) async throws {
    var buffer = ByteBuffer()
    try buffer.writeResponse(id: id, message: Text(text))
    try await peer.send(buffer)
  }

  @Test("FR20 ids are odd and rise by two; the deadline goes along")
  func ids() async throws {
    try await withFakeServer { connection, peer in
      for id in [1, 3, 5] as [UInt32] {
        async let answer = echo(connection, "a")
        let (header, data) = try #require(await peer.receiveFrame())
        #expect(header.streamID == id && header.type == .request && header.flags == [])
        let envelope = try data.withUnsafeReadableBytes { try RequestEnvelope(decoding: $0) }
        #expect(envelope.timeoutNanoseconds == 30_000_000_000)
        try await reply(peer, id, "b")
        #expect(try await answer == "b")
      }
    }
  }

  @Test("FR21 a zero-length response and statuses without a code are successes")
  func emptyAnswers() async throws {
    try await withFakeServer { connection, peer in
      for data in [[], [0x0a, 0], [0x0a, 2, 8, 0]] as [[UInt8]] {
        async let answer = echo(connection, "a")
        let (header, _) = try #require(await peer.receiveFrame())
        try await peer.send(.response, header.streamID, ByteBuffer(bytes: data))
        #expect(try await answer == "")
      }
    }
  }

  @Test("FR21 late, unknown and repeated answers mean nothing")
  func strayAnswers() async throws {
    try await withFakeServer { connection, peer in
      async let answer = echo(connection, "a")
      _ = await peer.receiveFrame()
      try await reply(peer, 77, "unknown")
      try await peer.send(.data, 2, Text("unknown").serialized())
      try await peer.send(FrameType(rawValue: 0x44), 1, ByteBuffer(string: "?"))
      try await reply(peer, 1, "first")
      try await reply(peer, 1, "again")
      var late = ByteBuffer()
      late.writeResponse(
        id: 1, error: BatonError(.invalidArgument, "stream_unknown", "StreamID 1 is unknown"))
      try await peer.send(late)
      #expect(try await answer == "first")
      async let next = echo(connection, "b")
      #expect(await peer.receiveFrame()?.header.streamID == 3)
      try await reply(peer, 3, "second")
      #expect(try await next == "second")
    }
  }

  @Test("FR22 a call without an answer ends at its deadline and is cancelled over there")
  func deadline() async throws {
    try await withFakeServer { connection, peer in
      async let answer = reason {
        try await echo(connection, "a", CallOptions(timeout: .milliseconds(20)))
      }
      #expect(await peer.receiveFrame()?.header.type == .request)
      #expect(await peer.receiveFrame()?.header == .init(length: 0, streamID: 1, type: .cancel))
      #expect(await answer == "deadline_exceeded")
      try await reply(peer, 1, "late")
      #expect(connection.activeCalls == 0)
      #expect(
        await reason { try await echo(connection, "a", CallOptions(timeout: .zero)) }
          == "deadline_exceeded")
    }
  }

  @Test("cancelling the task sends the cancel frame")
  func cancellation() async throws {
    try await withFakeServer { connection, peer in
      await withTaskGroup(of: String.self) { group in
        group.addTask { await reason { try await echo(connection, "a") } }
        #expect(await peer.receiveFrame()?.header.type == .request)
        group.cancelAll()
        #expect(await group.next() == "CancellationError")
        #expect(await peer.receiveFrame()?.header == .init(length: 0, streamID: 1, type: .cancel))
      }
      #expect(connection.activeCalls == 0)
    }
  }

  @Test("FR22 a message over the limit is refused before it is sent")
  func oversize() async throws {
    try await withFakeServer { connection, peer in
      let large = String(repeating: "x", count: FrameLimit.data)
      #expect(await reason { try await echo(connection, large) } == "frame_too_large")
      async let answer = echo(connection, "small")
      #expect(await peer.receiveFrame()?.header.streamID == 1)
      try await reply(peer, 1, "b")
      #expect(try await answer == "b")
    }
  }

  @Test("a lost connection fails the calls in progress with unavailable")
  func lost() async throws {
    try await withFakeServer { connection, peer in
      async let answer = reason { try await echo(connection, "a") }
      _ = await peer.receiveFrame()
      await peer.close()
      #expect(await answer == "unavailable")
      #expect(!connection.isUsable)
      #expect(await reason { try await echo(connection, "a") } == "unavailable")
    }
  }

  @Test("FR20 near the end of the ids the connection takes no more calls")
  func lastIDs() async throws {
    var options = RPCConnectionOptions()
    options.firstStreamID = .max - 2
    try await withFakeServer(options) { connection, peer in
      async let answer = echo(connection, "a")
      let id = try #require(await peer.receiveFrame()).header.streamID
      try await reply(peer, id, "b")
      #expect(try await answer == "b")
      #expect(!connection.isUsable)
      #expect(await reason { try await echo(connection, "a") } == "unavailable")
    }
  }

  @Test("a frame over the client's limit fails its call alone")
  func largeAnswer() async throws {
    try await withFakeServer { connection, peer in
      async let answer = reason { try await echo(connection, "a") }
      _ = await peer.receiveFrame()
      try await peer.send(
        .response, 1, ByteBuffer(repeating: 0, count: FrameLimit.data + 1))
      #expect(await answer == "frame_too_large")
      async let next = echo(connection, "b")
      #expect(await peer.receiveFrame()?.header.streamID == 3)
      try await reply(peer, 3, "c")
      #expect(try await next == "c")
    }
  }

  @Test("a stream that is not taken stops the reading, and goes on later")
  func slowStreamReader() async throws {
    var options = RPCConnectionOptions()
    options.streamLimits = StreamLimits(messages: 4)
    try await withFakeServer(options) { connection, peer in
      let count = 1_000
      let texts = try await connection.serverStream(
        Service.count, Text("x"), options: .standard
      ) { (items: MessageStream<Text>) in
        #expect(await peer.receiveFrame()?.header.flags == .done)
        var frames = ByteBuffer()
        for number in 0..<count {
          frames.writeImmutableBuffer(RawPeer.frame(.data, 1, Text("\(number)").serialized()))
        }
        frames.writeEndOfStream(id: 1)
        try await peer.send(frames)
        var texts: [String] = []
        for try await item in items { texts.append(item.value) }
        return texts
      }
      #expect(texts == (0..<count).map { "\($0)" })
    }
  }

  @Test("a stream left before its end is cancelled")
  func abandonedStream() async throws {
    try await withFakeServer { connection, peer in
      let first = try await connection.serverStream(
        Service.count, Text("x"), options: .standard
      ) { (items: MessageStream<Text>) in
        _ = await peer.receiveFrame()
        try await peer.send(.data, 1, Text("one").serialized())
        for try await item in items { return item.value }
        return "none"
      }
      #expect(first == "one")
      #expect(await peer.receiveFrame()?.header == .init(length: 0, streamID: 1, type: .cancel))
    }
  }
}
