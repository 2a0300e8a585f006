import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import Testing

/// FR20 to FR25 for streams: a client against a server that sends what the test says.
@Suite(.timeLimit(.minutes(1))) struct StreamBytesTests {
  private typealias Service = TestService

  private static let closing: FrameFlags = [.done, .noData]

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

  private func expectRequest(
    _ peer: RawPeer, _ id: UInt32, _ flags: FrameFlags,
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let (header, data) = try #require(await peer.receiveFrame())
    #expect(header.type == .request && header.streamID == id, sourceLocation: location)
    #expect(header.flags == flags, sourceLocation: location)
    let envelope = try data.withUnsafeReadableBytes { try RequestEnvelope(decoding: $0) }
    #expect(envelope.timeoutNanoseconds == 0, "FR22 streams have no deadline")
    if flags == [.more, .noData] { #expect(envelope.payload.isEmpty) }
  }

  private func expectItem(
    _ peer: RawPeer, _ id: UInt32, _ text: String, _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let (header, data) = try #require(await peer.receiveFrame())
    #expect(
      header == FrameHeader(length: header.length, streamID: id, type: .data),
      sourceLocation: location)
    #expect(try Text(payload: data) == Text(text), sourceLocation: location)
  }

  private func expectEmpty(
    _ peer: RawPeer, _ id: UInt32, _ type: FrameType, _ flags: FrameFlags = [],
    _ location: SourceLocation = #_sourceLocation
  ) async {
    let header = FrameHeader(length: 0, streamID: id, type: type, flags: flags)
    #expect(await peer.receiveFrame()?.header == header, sourceLocation: location)
  }

  private func reply(_ peer: RawPeer, _ id: UInt32, _ text: String) async throws {
    var buffer = ByteBuffer()
    try buffer.writeResponse(id: id, message: Text(text))
    try await peer.send(buffer)
  }

  private func fail(_ peer: RawPeer, _ id: UInt32, _ error: BatonError) async throws {
    var buffer = ByteBuffer()
    buffer.writeResponse(id: id, error: error)
    try await peer.send(buffer)
  }

  private static let changed = BatonError(.aborted, "env_changed", "changed meanwhile")

  @Test("§3 a client stream: REQUEST 06 without payload, DATA 00 …, DATA 05")
  func clientStream() async throws {
    try await withFakeServer { connection, peer in
      async let answer: Text = connection.clientStream(
        Service.join, of: Text.self, options: .standard
      ) { writer in
        for text in ["a", "", "b"] { try await writer.send(Text(text)) }
      }
      try await expectRequest(peer, 1, [.more, .noData])
      for text in ["a", "", "b"] { try await expectItem(peer, 1, text) }
      await expectEmpty(peer, 1, .data, Self.closing)
      try await reply(peer, 1, "a,,b")
      #expect(try await answer.value == "a,,b")
      #expect(connection.activeCalls == 0)
    }
  }

  @Test("§3 a bidirectional call: items of both sides, each side with an end of its own")
  func bidirectional() async throws {
    try await withFakeServer { connection, peer in
      async let texts = connection.bidirectional(
        Service.chat, of: Text.self, answer: Text.self, options: .standard
      ) { writer, items in
        try await writer.send(Text("a"))
        writer.finish()
        return try await items.reduce(into: [String]()) { $0.append($1.value) }
      }
      try await expectRequest(peer, 1, [.more, .noData])
      try await expectItem(peer, 1, "a")
      await expectEmpty(peer, 1, .data, Self.closing)
      try await peer.send(.data, 1, Text("x").serialized())
      try await peer.send(.data, 1)
      // Baton's servers never do this; others put data and end into one frame.
      try await peer.send(.data, 1, flags: .done, Text("y").serialized())
      #expect(try await texts == ["x", "", "y"])
      #expect(connection.activeCalls == 0)
    }
  }

  @Test("FR21 a RESPONSE with success ends a stream, too; what follows it means nothing")
  func otherEnds() async throws {
    try await withFakeServer { connection, peer in
      async let texts = connection.serverStream(
        Service.count, Text("2"), options: .standard
      ) { (items: MessageStream<Text>) in
        try await items.reduce(into: [String]()) { $0.append($1.value) }
      }
      try await expectRequest(peer, 1, .done)
      try await peer.send(.data, 1, Text("x").serialized())
      try await peer.send(.response, 1)
      try await peer.send(.data, 1, Text("late").serialized())
      try await peer.send(.data, 1, flags: Self.closing)
      #expect(try await texts == ["x"])
      async let answer: Text = connection.unary(Service.echo, Text("a"), options: .standard)
      #expect(await peer.receiveFrame()?.header.streamID == 3)
      try await reply(peer, 3, "b")
      #expect(try await answer.value == "b")
    }
  }

  @Test("FR21 a late code 3 for a stream that has ended with an error means nothing")
  func lateRefusal() async throws {
    try await withFakeServer { connection, peer in
      let failed = Signal()
      async let end = reason {
        let _: Text = try await connection.clientStream(
          Service.join, of: Text.self, options: .standard
        ) { writer in
          try await writer.send(Text("a"))
          await failed.wait()
          while true { try await writer.send(Text("b")) }
        }
      }
      try await expectRequest(peer, 1, [.more, .noData])
      try await expectItem(peer, 1, "a")
      try await fail(peer, 1, Self.changed)
      for _ in 0..<2 {
        try await fail(
          peer, 1, BatonError(.invalidArgument, "stream_unknown", "StreamID 1 is unknown"))
      }
      while connection.activeCalls > 0, !Task.isCancelled { await Task.yield() }
      failed.send()
      #expect(await end == "env_changed")
      // §7: a Go server dies of DATA for a stream that it has ended, so none is sent.
      async let answer: Text = connection.unary(Service.echo, Text("a"), options: .standard)
      #expect(await peer.receiveFrame()?.header.streamID == 3)
      try await reply(peer, 3, "b")
      #expect(try await answer.value == "b")
    }
  }

  @Test("an error in the middle of a stream comes after the items before it")
  func errorInTheMiddle() async throws {
    try await withFakeServer { connection, peer in
      async let outcome = connection.serverStream(
        Service.count, Text("2"), options: .standard
      ) { (items: MessageStream<Text>) in
        var texts: [String] = []
        do {
          for try await item in items { texts.append(item.value) }
        } catch let error as BatonError {
          texts.append(error.reason.rawValue)
        }
        return texts
      }
      try await expectRequest(peer, 1, .done)
      for text in ["x", "y"] { try await peer.send(.data, 1, Text(text).serialized()) }
      try await fail(peer, 1, Self.changed)
      #expect(try await outcome == ["x", "y", "env_changed"])
    }
  }

  @Test("an item that cannot be decoded, and a stream where there should be none, are errors")
  func wrongAnswers() async throws {
    try await withFakeServer { connection, peer in
      async let end = reason {
        try await connection.serverStream(
          Service.count, Text("2"), options: .standard
        ) { (items: MessageStream<Text>) in
          for try await _ in items {}
        }
      }
      try await expectRequest(peer, 1, .done)
      try await peer.send(.data, 1, ByteBuffer(bytes: [0xff]))
      #expect(await end == "malformed_message")
      await expectEmpty(peer, 1, .cancel)
      async let unary = reason {
        let _: Text = try await connection.unary(Service.echo, Text("a"), options: .standard)
      }
      #expect(await peer.receiveFrame()?.header.streamID == 3)
      try await peer.send(.data, 3, Text("x").serialized())
      #expect(await unary == "internal")
      await expectEmpty(peer, 3, .cancel)
      // The call has ended: whatever follows, it is not answered again.
      try await peer.send(.data, 3, Text("y").serialized())
      try await reply(peer, 3, "z")
    }
  }

  @Test("FR22 a stream's own deadline travels, ends it here and cancels it over there")
  func deadline() async throws {
    try await withFakeServer { connection, peer in
      let options = CallOptions(timeout: .milliseconds(50))
      async let end = reason {
        let _: Text = try await connection.clientStream(
          Service.join, of: Text.self, options: options
        ) { try await $0.send(Text("a")) }
      }
      let (_, data) = try #require(await peer.receiveFrame())
      let envelope = try data.withUnsafeReadableBytes { try RequestEnvelope(decoding: $0) }
      #expect(envelope.timeoutNanoseconds == 50_000_000)
      #expect(await end == "deadline_exceeded")
      var last: FrameHeader?
      while last?.type != .cancel { last = try #require(await peer.receiveFrame()).header }
      #expect(last?.streamID == 1)
    }
  }

  @Test("FR24 the client keeps both sides open until the last answer; then it says what it gave up")
  func closing() async throws {
    try await withFakeServer { connection, peer in
      async let end = reason {
        let _: Text = try await connection.unary(Service.wait, Text("a"), options: .standard)
      }
      #expect(await peer.receiveFrame()?.header.type == .request)
      await connection.close()
      #expect(await end == "unavailable")
      // A server that takes the end of input for half a close hears of the call's end at once.
      await expectEmpty(peer, 1, .cancel)
      #expect(await peer.receiveFrame() == nil)
    }
  }

  @Test("FR22 metadata over its bounds is refused before anything is sent")
  func metadata() async throws {
    try await withFakeServer { connection, peer in
      let large = CallOptions(metadata: [
        .init(key: "k", value: String(repeating: "v", count: 8_192))
      ])
      for end in [
        await reason {
          let _: Text = try await connection.unary(Service.echo, Text("a"), options: large)
        },
        await reason {
          let _: Text = try await connection.clientStream(
            Service.join, of: Text.self, options: large
          ) { _ in }
        },
      ] {
        #expect(end == "metadata_too_large")
      }
      async let answer: Text = connection.unary(Service.echo, Text("a"), options: .standard)
      #expect(await peer.receiveFrame()?.header.streamID == 1)
      try await reply(peer, 1, "b")
      #expect(try await answer.value == "b")
    }
  }
}

extension StreamBytesTests {
  @Test("FR20 near 2^32 the pool opens another connection, and closes the old one when it is done")
  func wrap() async throws {
    let service = TestService()
    try await withServer(service) { server, endpoint in
      var options = ConnectionPool.Options()
      options.connection.firstStreamID = .max - 6
      let pool = ConnectionPool(to: endpoint, options: options)
      try await withThrowingTaskGroup(of: String.self) { group in
        // Ids 2^32 - 7, - 5 and - 3; the first stays open.
        group.addTask {
          let text: Text = try await pool.unary(Service.wait, Text("held"), options: .standard)
          return text.value
        }
        await service.started.wait()
        for _ in 0..<8 {
          let text: Text = try await pool.unary(Service.echo, Text("x"), options: .standard)
          #expect(text.value == "x")
        }
        #expect(server.statistics.activeCalls == 1)
        #expect(server.statistics.connections > 1)
        service.released.send()
        #expect(try await group.next() == "held")
      }
      // Of those that are used up none is left over.
      while server.statistics.connections > 1, !Task.isCancelled { await Task.yield() }
      await pool.close()
    }
  }
}
