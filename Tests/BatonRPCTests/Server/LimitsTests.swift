import BatonCore
import BatonRPC
import BatonWire
import Glibc
import NIOCore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct LimitsTests {
  private typealias Service = TestService

  @Test("WI-03 a frame of 0xFFFFFFF0 bytes is answered 8 and the connection closed")
  func hugeFrame() async throws {
    try await withRawPeer { peer, server in
      var bytes = RawPeer.frame(.request, 5)
      bytes.setInteger(UInt32(0xffff_fff0), at: 0)
      try await peer.send(bytes)
      let response = try await peer.receiveResponse()
      #expect(response?.id == 5 && response?.code == 8)
      #expect(response?.text.hasPrefix("frame_too_large: ") == true)
      #expect(server.statistics.inboundBytes == 0)
      await peer.waitForClose()
    }
  }

  @Test("WI-06 FR8 4,194,304 bytes are taken, 4,194,305 are skipped and answered 8")
  func frameLimit() async throws {
    try await withRawPeer { peer, server in
      // An envelope with an unknown field of the right size makes a frame of any length.
      for (size, isTaken) in [(4_194_304, true), (4_194_305, false)] {
        var data = ByteBuffer()
        try data.writeRequest(
          id: 1, method: Service.echo, timeoutNanoseconds: 0, metadata: [], message: Text("x"))
        data.moveReaderIndex(forwardBy: FrameHeader.size)
        let filler = size - data.readableBytes - 5
        data.writeInteger(UInt8(0x7a))
        data.writeProtobufVarint(UInt64(filler))
        data.writeRepeatingByte(0, count: filler)
        try #require(data.readableBytes == size)
        try await peer.send(.request, 1, data)
        let response = try await peer.receiveResponse()
        #expect(response?.code == (isTaken ? 0 : 8))
      }
      try await peer.call(Service.echo, 3, "after")
      #expect(try await peer.receiveResponse()?.text == "after")
      #expect(server.statistics.inboundBytes == 0)
    }
  }

  @Test("WI-07 FR9 a reply over 4 MiB becomes 8")
  func replyTooLarge() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.size, 1, "4194304")
      let response = try await peer.receiveResponse()
      #expect(response?.code == 8)
      #expect(response?.text.hasPrefix("reply_too_large: ") == true)
      try await peer.call(Service.size, 3, "4000000")
      #expect(try await peer.receiveResponse()?.text.utf8.count == 4_000_000)
    }
  }

  @Test("FR16 more calls than allowed on a connection answer 8")
  func activeCalls() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, server in
      for id in 0..<256 as Range<UInt32> { try await peer.call(Service.silent, id * 2 + 1) }
      await service.started.wait(256)
      try await peer.call(Service.echo, 1_001)
      let response = try await peer.receiveResponse()
      #expect(response?.code == 8)
      #expect(response?.text.hasPrefix("too_many_calls: ") == true)
      #expect(server.statistics.activeCalls == 256)
      try await peer.send(.cancel, 1)
      #expect(try await peer.receiveResponse()?.code == 1)
      try await peer.call(Service.echo, 1_001, "again")
      #expect(try await peer.receiveResponse()?.text == "again")
    }
  }

  @Test("FR16 one connection more than allowed is closed at once")
  func connections() async throws {
    try await withServer(options: .with { $0.maximumConnections = 1 }) { _, endpoint in
      let first = try await RawPeer.connect(to: endpoint)
      try await first.call(Service.echo, 1, "a")
      #expect(try await first.receiveResponse()?.text == "a")
      let second = try await RawPeer.connect(to: endpoint)
      await second.waitForClose()
      await first.close()
    }
  }

  @Test("SR100 one address has a bound of its own, Unix sockets have none; refusals are counted")
  func connectionsPerAddress() async throws {
    let options = RPCServerOptions.with {
      $0.maximumConnections = 3
      $0.maximumConnectionsPerAddress = 2
    }
    let endpoints: [Endpoint] = [
      .tcp(host: "127.0.0.1", port: 0), .unix(path: temporarySocketPath()),
    ]
    try await withServer(endpoints: endpoints, options: options) { server, tcp in
      var peers: [RawPeer] = []
      for endpoint in [tcp, tcp, endpoints[1]] {
        let peer = try await RawPeer.connect(to: endpoint)
        try await peer.call(Service.echo, 1, "a")
        #expect(try await peer.receiveResponse()?.text == "a")
        peers.append(peer)
      }
      for (count, endpoint) in [tcp, endpoints[1]].enumerated() {
        let refused = try await RawPeer.connect(to: endpoint)
        await refused.waitForClose()
        #expect(server.statistics.refusedConnections == count + 1)
      }
      // A place that was given back is taken again.
      await peers[0].close()
      while server.statistics.connections > 2, !Task.isCancelled { await Task.yield() }
      let peer = try await RawPeer.connect(to: tcp)
      try await peer.call(Service.echo, 1, "b")
      #expect(try await peer.receiveResponse()?.text == "b")
      for peer in peers + [peer] { await peer.close() }
    }
  }

  @Test("FR15 SR105 TCP sends at once and looks after peers that vanished")
  func socketOptions() async throws {
    let accepted = AsyncStream<any Channel>.makeStream()
    let options = RPCServerOptions.with {
      $0.channelInitializer = { accepted.continuation.yield($0) }
    }
    try await withRawPeer(options: options) { peer, _ in
      var channels = accepted.stream.makeAsyncIterator()
      let socket = try #require(await channels.next() as? any SocketOptionProvider)
      for (level, name, value) in [
        (.tcp, .tcp_nodelay, 1), (.socket, .so_keepalive, 1),
        (.tcp, .init(rawValue: TCP_KEEPIDLE), 60), (.tcp, .init(rawValue: TCP_KEEPINTVL), 20),
        (.tcp, .init(rawValue: TCP_KEEPCNT), 3),
      ] as [(NIOBSDSocket.OptionLevel, NIOBSDSocket.Option, CInt)] {
        let option: CInt = try await socket.unsafeGetSocketOption(level: level, name: name).get()
        #expect(option == value, "\(name)")
      }
    }
  }

  @Test("FR15 answers that are ready together leave with one write, in whole frames")
  func coalescing() async throws {
    let writes = Writes()
    let options = RPCServerOptions.with {
      $0.channelInitializer = { channel in
        try channel.pipeline.syncOperations.addHandler(WriteRecorder(writes))
      }
    }
    try await withRawPeer(options: options) { peer, _ in
      var requests = ByteBuffer()
      for id in 0..<200 as Range<UInt32> {
        try requests.writeRequest(
          id: id * 2 + 1, method: Service.echo, timeoutNanoseconds: 0, metadata: [],
          message: Text("\(id)"))
      }
      try await peer.send(requests)
      for id in 0..<200 as Range<UInt32> {
        #expect(try await peer.receiveResponse()?.id == id * 2 + 1)
      }
      let all = writes.all
      // Loopback brings 10 KB in a few pieces, usually in one.
      #expect(all.count <= 20)
      for write in all {
        var decoder = FrameDecoder()
        decoder.feed(write)
        while decoder.next() != nil {}
        #expect(!decoder.isInsideFrame)
      }
    }
  }

  @Test("WI-05 200 connections with 3 header bytes are closed while another is served")
  func halfOpen() async throws {
    try await withServer(options: .with { $0.progressTimeout = .milliseconds(300) }) {
      server, endpoint in
      var peers: [RawPeer] = []
      for _ in 0..<200 {
        let peer = try await RawPeer.connect(to: endpoint)
        try await peer.send(ByteBuffer(bytes: [0, 0, 0]))
        peers.append(peer)
      }
      let good = try await RawPeer.connect(to: endpoint)
      for id in 0..<100 as Range<UInt32> {
        try await good.call(Service.echo, id * 2 + 1, "x")
        #expect(try await good.receiveResponse()?.text == "x")
      }
      for peer in peers { await peer.waitForClose() }
      try await good.call(Service.echo, 1, "still")
      #expect(try await good.receiveResponse()?.text == "still")
      #expect(server.statistics.inboundBytes == 0)
      await good.close()
    }
  }

  @Test("FR16 a body that stands still is closed, one call without an answer is not")
  func progress() async throws {
    let service = TestService()
    try await withServer(
      service,
      options: .with {
        $0.progressTimeout = .milliseconds(200)
        $0.idleTimeout = .seconds(3)
      }
    ) { _, endpoint in
      let peer = try await RawPeer.connect(to: endpoint)
      peer.channel.writeAndFlush(
        ByteBuffer(bytes: [0, 0, 0, 9, 0, 0, 0, 1, 1, 0, 0x0a]), promise: nil)
      await peer.waitForClose()
      // On a machine that stands still, a connection may be closed before its first call.
      var busy = try await RawPeer.connect(to: endpoint)
      while (try? await busy.call(Service.wait, 1, "held")) == nil, !Task.isCancelled {
        busy = try await RawPeer.connect(to: endpoint)
      }
      let idle = try await RawPeer.connect(to: endpoint)
      await idle.waitForClose()
      service.released.send()
      #expect(try await busy.receiveResponse()?.text == "held")
      await busy.waitForClose()
    }
  }

  @Test("FR16 a connection that could not be prepared takes no place")
  func unprepared() async throws {
    let failures = Signal()
    let options = RPCServerOptions.with {
      $0.maximumConnections = 1
      $0.channelInitializer = { _ in
        if failures.count < 3 {
          failures.send()
          throw CancellationError()
        }
      }
    }
    try await withServer(options: options) { _, endpoint in
      for _ in 0..<3 { try await RawPeer.connect(to: endpoint).waitForClose() }
      let peer = try await RawPeer.connect(to: endpoint)
      try await peer.call(Service.echo, 1, "a")
      #expect(try await peer.receiveResponse()?.text == "a")
      await peer.close()
    }
  }

  @Test("WI-11 repeated empties and nesting in an envelope are skipped or refused")
  func hostileEnvelopes() async throws {
    try await withRawPeer { peer, _ in
      // Empty metadata pairs, two bytes each.
      var empties = ByteBuffer()
      for _ in 0..<1_000 { empties.writeMultipleIntegers(UInt8(0x2a), UInt8(0)) }
      let thousand = empties
      for _ in 0..<499 { empties.writeImmutableBuffer(thousand) }
      try await peer.send(.request, 1, empties)
      #expect(try await peer.receiveResponse()?.code == 8)
      // Groups opened and never closed.
      try await peer.send(.request, 3, ByteBuffer(repeating: 0x33, count: 100_000))
      #expect(try await peer.receiveResponse()?.code == 3)
    }
  }
}

private final class Writes: Sendable {
  private let buffers = Mutex<[ByteBuffer]>([])
  var all: [ByteBuffer] { buffers.withLock { $0 } }
  func add(_ buffer: ByteBuffer) { buffers.withLock { $0.append(buffer) } }
}

private final class WriteRecorder: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  private let writes: Writes

  init(_ writes: Writes) { self.writes = writes }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    writes.add(unwrapOutboundIn(data))
    context.write(data, promise: promise)
  }
}
