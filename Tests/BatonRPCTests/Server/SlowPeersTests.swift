import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import Synchronization
import Testing

/// Peers that are slow, and what the server keeps for them (SR103 to SR105).
@Suite(.timeLimit(.minutes(1))) struct SlowPeersTests {
  private typealias Service = TestService

  private func echo(_ peer: RawPeer, _ id: UInt32) async throws {
    try await peer.call(Service.echo, id, "x")
    #expect(try await peer.receiveResponse() == RawResponse(id: id, code: 0, text: "x"))
  }

  private func item(_ id: UInt32, _ size: Int) -> ByteBuffer {
    RawPeer.frame(.data, id, Text(String(repeating: "z", count: size)).serialized())
  }

  /// Waits until the server holds as much as said.
  private func wait(
    for server: RPCServer, _ isReached: (RPCServer.Statistics) -> Bool
  ) async {
    while !isReached(server.statistics), !Task.isCancelled { await Task.yield() }
  }

  @Test("a peer that takes its answers byte by byte gets them whole, and delays nobody")
  func byteByByte() async throws {
    try await withServer { server, endpoint in
      let slow = try await RawPeer.connect(to: endpoint, isReading: false)
      try await slow.channel.setOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1)
      ).get()
      try await slow.channel.setOption(.maxMessagesPerRead, value: 1).get()
      try await slow.call(Service.echo, 1, String(repeating: "s", count: 200))
      let good = try await RawPeer.connect(to: endpoint)
      // A byte is taken only after another peer has been served.
      var answer = ByteBuffer()
      while answer.readableBytes < 216 {
        try await echo(good, 1)
        slow.channel.read()
        let byte = try #require(await slow.receive(1))
        answer.writeImmutableBuffer(byte)
      }
      var decoder = FrameDecoder()
      decoder.feed(answer)
      guard case .frame(let frame) = decoder.next() else {
        Issue.record("no frame")
        return
      }
      #expect(frame.header.streamID == 1 && frame.payload.readableBytes == 206)
      #expect(!decoder.isInsideFrame)
      await slow.close()
      await good.close()
    }
  }

  @Test("SR105 a peer that takes a little now and then is not closed")
  func progress() async throws {
    let options = RPCServerOptions.with {
      $0.stalledWriteTimeout = .seconds(3)
      $0.outboundHighWaterMark = 65_536
      $0.channelInitializer = { channel in
        try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: 16_384)
      }
    }
    try await withServer(options: options) { server, endpoint in
      let slow = try await RawPeer.connect(to: endpoint, isReading: false)
      try await slow.channel.setOption(.socketOption(.so_rcvbuf), value: 16_384).get()
      try await slow.channel.setOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8_192)
      ).get()
      try await slow.channel.setOption(.maxMessagesPerRead, value: 1).get()
      try await slow.call(Service.size, 1, "4000000")
      await wait(for: server) { $0.outboundBytes > 3_000_000 }
      let start = ContinuousClock.now
      var last = start
      var longestPause = Duration.zero
      while last < start + .milliseconds(3_500) {
        // The peer's pace: 8 KB every 20 ms.
        try await slow.channel.eventLoop.scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
        slow.channel.read()
        longestPause = max(longestPause, ContinuousClock.now - last)
        last = .now
      }
      // On a machine that stood still, the peer was closed with good reason.
      guard longestPause < .seconds(1) else { return }
      #expect(server.statistics.outboundBytes > 65_536, "the peer was behind all the time")
      try await slow.channel.setOption(.autoRead, value: true).get()
      #expect(try await slow.receiveResponse()?.text.utf8.count == 4_000_000)
      await slow.close()
    }
  }

  @Test("SR103 many streams that nobody takes stop the reading of their connection alone")
  func bufferLimit() async throws {
    let service = TestService()
    let options = RPCServerOptions.with { $0.bufferLimit = 262_144 }
    try await withServer(service, options: options) { server, endpoint in
      let peer = try await RawPeer.connect(to: endpoint)
      let streams = (0..<16 as Range<UInt32>).map { $0 * 2 + 1 }
      for id in streams { try await peer.call(Service.slowSum, id, "", flags: [.more, .noData]) }
      await service.started.wait(16)
      // 3 MB, no stream of which is behind by itself.
      for _ in 0..<20 {
        for id in streams { peer.channel.writeAndFlush(item(id, 10_000), promise: nil) }
      }
      for id in streams {
        peer.channel.writeAndFlush(
          RawPeer.frame(.data, id, flags: [.done, .noData]), promise: nil)
      }
      await wait(for: server) { $0.inboundBytes >= 262_144 }
      let good = try await RawPeer.connect(to: endpoint)
      for id in 0..<100 as Range<UInt32> {
        try await echo(good, id * 2 + 1)
        #expect(server.statistics.inboundBytes < 262_144 + 2 * 65_536)
      }
      service.released.send()
      var sums: Set<UInt32> = []
      for _ in streams {
        let response = try #require(try await peer.receiveResponse())
        #expect(response.text == "200000")
        sums.insert(response.id)
      }
      #expect(sums == Set(streams))
      #expect(server.statistics.inboundBytes == 0)
      await peer.close()
      await good.close()
    }
  }

  @Test("SR104 when all together hold too much, those with the most pause, the others do not")
  func totalBufferLimit() async throws {
    let service = TestService()
    let options = RPCServerOptions.with {
      $0.totalBufferLimit = 1_048_576
      $0.maximumConnections = 64
    }
    try await withServer(service, options: options) { server, endpoint in
      var peers: [RawPeer] = []
      for _ in 0..<12 {
        let peer = try await RawPeer.connect(to: endpoint)
        try await peer.call(Service.slowSum, 1, "", flags: [.more, .noData])
        peers.append(peer)
      }
      await service.started.wait(12)
      for peer in peers {
        for _ in 0..<50 { peer.channel.writeAndFlush(item(1, 10_000), promise: nil) }
        peer.channel.writeAndFlush(
          RawPeer.frame(.data, 1, flags: [.done, .noData]), promise: nil)
      }
      await wait(for: server) { $0.inboundBytes >= 1_048_576 }
      let good = try await RawPeer.connect(to: endpoint)
      for id in 0..<100 as Range<UInt32> {
        try await echo(good, id * 2 + 1)
        // Each may go beyond by what one read brings.
        #expect(server.statistics.inboundBytes < 1_048_576 + 13 * 65_536)
      }
      service.released.send()
      for peer in peers {
        #expect(try await peer.receiveResponse()?.text == "500000")
        await peer.close()
      }
      await good.close()
    }
  }

  @Test("SR104 frames that cannot end, because begun ones fill the memory, are given up")
  func begunFrames() async throws {
    let options = RPCServerOptions.with {
      $0.totalBufferLimit = 1_048_576
      $0.maximumConnections = 64
      $0.progressTimeout = .milliseconds(300)
    }
    try await withServer(options: options) { server, endpoint in
      var peers: [RawPeer] = []
      for _ in 0..<6 {
        let peer = try await RawPeer.connect(to: endpoint)
        var bytes = RawPeer.frame(.request, 1)
        bytes.setInteger(UInt32(4_000_000), at: 0)
        bytes.writeRepeatingByte(0x0a, count: 3_000_000)
        peer.channel.writeAndFlush(bytes, promise: nil)
        peers.append(peer)
      }
      for peer in peers { await peer.waitForClose() }
      await wait(for: server) { $0.connections == 0 }
      #expect(server.statistics == RPCServer.Statistics())
      let good = try await RawPeer.connect(to: endpoint)
      try await echo(good, 1)
      await good.close()
    }
  }

  @Test("FR16 256 streams to a peer that does not read have one outbox between them")
  func manyStreams() async throws {
    let service = TestService()
    let options = RPCServerOptions.with { $0.outboundHighWaterMark = 65_536 }
    try await withServer(service, options: options) { server, endpoint in
      let deaf = try await RawPeer.connect(to: endpoint, isReading: false)
      for id in 0..<256 as Range<UInt32> {
        try await deaf.call(Service.flood, id * 2 + 1, "30000", flags: .done)
      }
      await service.started.wait(256)
      service.released.send()
      await wait(for: server) { $0.outboundBytes > 65_536 }
      let good = try await RawPeer.connect(to: endpoint)
      for id in 0..<100 as Range<UInt32> {
        try await echo(good, id * 2 + 1)
        // Two water marks, in the outbox and in the channel, and an item for each thread.
        #expect(server.statistics.outboundBytes < 131_072 + 16 * 30_000)
      }
      // Reading wakes all that wait; they must not all write.
      try await deaf.channel.setOption(.autoRead, value: true).get()
      for _ in 0..<300 {
        #expect(await deaf.receiveFrame()?.header.type == .data)
        #expect(server.statistics.outboundBytes < 131_072 + 16 * 30_000)
      }
      await deaf.close()
      await wait(for: server) { $0.connections == 1 }
      await good.close()
    }
  }
}
