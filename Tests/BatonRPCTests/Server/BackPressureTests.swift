import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(1))) struct BackPressureTests {
  private typealias Service = TestService

  @Test("WI-10 a peer that never reads costs bounded memory and delays nobody")
  func slowReader() async throws {
    let service = TestService()
    try await withServer(service) { server, endpoint in
      let deaf = try await RawPeer.connect(to: endpoint, isReading: false)
      // Replies of 1 MB, far more than socket buffers and water marks hold together.
      for id in 0..<30 as Range<UInt32> {
        deaf.channel.writeAndFlush(try request(Service.size, id * 2 + 1, "1000000"), promise: nil)
      }
      try await deaf.call(Service.endless, 2_001, "1000", flags: .done)
      let good = try await RawPeer.connect(to: endpoint)
      for id in 0..<200 as Range<UInt32> {
        try await good.call(Service.echo, id * 2 + 1, "x")
        #expect(try await good.receiveResponse()?.text == "x")
        #expect(server.statistics.outboundBytes < 3_000_000)
        #expect(server.statistics.inboundBytes < 100_000)
      }
      // Reading on, everything arrives.
      try await deaf.channel.setOption(.autoRead, value: true).get()
      for id in 0..<30 as Range<UInt32> {
        #expect(try await deaf.receiveResponse()?.id == id * 2 + 1)
      }
      #expect(await deaf.receiveFrame()?.header.type == .data)
      await deaf.close()
      await service.cancelled.wait()
      await good.close()
    }
  }

  @Test("FR16 a stream whose peer does not read is not produced beyond the water mark")
  func slowStream() async throws {
    let service = TestService()
    try await withServer(service, options: .with { $0.outboundHighWaterMark = 65_536 }) {
      server, endpoint in
      let deaf = try await RawPeer.connect(to: endpoint, isReading: false)
      try await deaf.call(Service.endless, 1, "100000", flags: .done)
      await service.sent.wait(2)
      let good = try await RawPeer.connect(to: endpoint)
      for id in 0..<200 as Range<UInt32> {
        try await good.call(Service.echo, id * 2 + 1, "x")
        _ = try await good.receiveResponse()
        #expect(server.statistics.outboundBytes < 300_000)
      }
      await deaf.close()
      await service.cancelled.wait()
      await good.close()
    }
  }

  @Test("FR16 a client's stream that the handler does not take stops the connection's reading")
  func streamQueue() async throws {
    let service = TestService()
    try await withServer(service, options: .with { $0.streamLimits = StreamLimits(messages: 8) }) {
      server, endpoint in
      let peer = try await RawPeer.connect(to: endpoint)
      try await peer.call(Service.stuck, 1, "", flags: [.more, .noData])
      await service.started.wait()
      let item = RawPeer.frame(.data, 1, Text(String(repeating: "z", count: 10_000)).serialized())
      for _ in 0..<1_000 { peer.channel.writeAndFlush(item, promise: nil) }
      let good = try await RawPeer.connect(to: endpoint)
      for id in 0..<200 as Range<UInt32> {
        try await good.call(Service.echo, id * 2 + 1, "x")
        _ = try await good.receiveResponse()
        // Eight items, and what one read brought beyond them.
        #expect(server.statistics.inboundBytes < 80_000 + 65_536 + 16_384)
      }
      // When the handler has ended, the rest is read and answered.
      service.released.send()
      var isEnded = false
      while !isEnded, let frame = await peer.receiveFrame() {
        isEnded = frame.header.type == .data && frame.header.flags == [.done, .noData]
      }
      #expect(isEnded)
      await peer.close()
      await good.close()
    }
  }

  @Test("FR16 what a handler did not take when it ended holds nothing back")
  func endedStream() async throws {
    let service = TestService()
    try await withRawPeer(
      service, options: .with { $0.streamLimits = StreamLimits(messages: 8) }
    ) { peer, server in
      try await peer.call(Service.stuck, 1, "", flags: [.more, .noData])
      await service.started.wait()
      // In one write, so that all is there when the ninth message is held back.
      var bytes = ByteBuffer()
      let item = RawPeer.frame(.data, 1, Text("z").serialized())
      for _ in 0..<100 { bytes.writeImmutableBuffer(item) }
      bytes.writeImmutableBuffer(try request(Service.echo, 3, "x"))
      try await peer.send(bytes)
      while server.statistics.inboundBytes == 0, !Task.isCancelled { await Task.yield() }
      service.released.send()
      var isEchoed = false
      while !isEchoed, let frame = await peer.receiveFrame() {
        isEchoed = frame.header.streamID == 3 && frame.header.type == .response
      }
      #expect(isEchoed)
    }
  }

  @Test("FR16 a peer that leaves its answers unread for long is closed")
  func stalled() async throws {
    let service = TestService()
    try await withServer(
      service,
      options: .with {
        $0.stalledWriteTimeout = .milliseconds(50)
        $0.outboundHighWaterMark = 65_536
      }
    ) { _, endpoint in
      let deaf = try await RawPeer.connect(to: endpoint, isReading: false)
      try await deaf.call(Service.endless, 1, "100000", flags: .done)
      await service.cancelled.wait()
      await deaf.close()
    }
  }

  private func request(_ method: MethodDescriptor, _ id: UInt32, _ text: String) throws
    -> ByteBuffer
  {
    var buffer = ByteBuffer()
    try buffer.writeRequest(
      id: id, method: method, timeoutNanoseconds: 0, metadata: [], message: Text(text))
    return buffer
  }
}
