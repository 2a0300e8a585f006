import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import Testing

/// The rows of SR110 about bytes, and what stock peers do (wire.md §7).
@Suite(.timeLimit(.minutes(1))) struct BadInputTests {
  private typealias Service = TestService

  @Test(
    "SR110 what is no frame is a frame over 16 MiB: 8, then closed",
    arguments: [
      "GET / HTTP/1.1\r\n\r\n", "POST /x HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}\u{7c}\u{03}\u{03}", "hello, world",
    ])
  func otherProtocols(text: String) async throws {
    try await withRawPeer { peer, server in
      try await peer.send(ByteBuffer(string: text))
      let response = try await peer.receiveResponse()
      #expect(response?.code == 8 && response?.text.hasPrefix("frame_too_large: ") == true)
      #expect(await peer.receive(1) == nil)
      #expect(server.statistics.inboundBytes == 0)
    }
  }

  @Test("SR110 a RESPONSE from a client and unknown types are skipped with their data")
  func skippedTypes() async throws {
    try await withRawPeer { peer, _ in
      for type in [0, 2, 4, 0x0f, 0x11, 0xff] as [UInt8] {
        try await peer.send(FrameType(rawValue: type), 1, ByteBuffer(repeating: 1, count: 100))
      }
      try await peer.call(Service.echo, 1, "alive")
      #expect(try await peer.receiveResponse() == RawResponse(id: 1, code: 0, text: "alive"))
    }
  }

  @Test("SR110 even ids are refused, 0 included")
  func evenIDs() async throws {
    try await withRawPeer { peer, _ in
      for id in [0, 2, .max - 1] as [UInt32] {
        try await peer.call(Service.echo, id)
        let response = try await peer.receiveResponse()
        #expect(response?.id == id && response?.code == 3)
        #expect(response?.text.hasPrefix("stream_id_invalid: ") == true)
      }
      try await peer.call(Service.echo, .max, "largest")
      #expect(try await peer.receiveResponse() == RawResponse(id: .max, code: 0, text: "largest"))
    }
  }

  @Test("SR110 the first call of an id in use goes on; an id that has ended is a new call")
  func idsAgain() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      try await peer.call(Service.wait, 1, "first")
      await service.started.wait()
      try await peer.call(Service.echo, 1, "second")
      let refused = try await peer.receiveResponse()
      #expect(refused?.code == 3 && refused?.text.hasPrefix("stream_in_use: ") == true)
      service.released.send()
      #expect(try await peer.receiveResponse() == RawResponse(id: 1, code: 0, text: "first"))
      try await peer.call(Service.echo, 1, "third")
      #expect(try await peer.receiveResponse() == RawResponse(id: 1, code: 0, text: "third"))
    }
  }

  @Test("SR110 an empty envelope, and one without a method, name an unknown method")
  func emptyEnvelope() async throws {
    try await withRawPeer { peer, _ in
      try await peer.send(.request, 1)
      #expect(try await peer.receiveResponse()?.code == 12)
      try await peer.call(MethodDescriptor(service: Service.name, method: "", kind: .unary), 3)
      let response = try await peer.receiveResponse()
      #expect(response?.code == 12 && response?.text.hasPrefix("unknown_method: ") == true)
    }
  }

  @Test("FR6 an error as its bytes: code and message, no details, no payload")
  func errorBytes() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.fail, 1, "7")
      let text = Array("run_not_found: no run 7\nlook".utf8)
      let status = [0x08, 5, 0x12, UInt8(text.count)] + text
      let data = [0x0a, UInt8(status.count)] + status
      let frame = ByteBuffer(bytes: [0, 0, 0, UInt8(data.count), 0, 0, 0, 1, 2, 0] + data)
      #expect(await peer.receive(frame.readableBytes) == frame)
    }
  }

  @Test("SR110 a frame cut off by the end of the connection closes it at once")
  func cutOff() async throws {
    for bytes in [[0, 0, 0], [0, 0, 0, 9, 0, 0, 0, 1, 1, 0, 0x0a]] as [[UInt8]] {
      try await withRawPeer { peer, server in
        try await peer.call(Service.echo, 1, "x")
        _ = try await peer.receiveResponse()
        try await peer.send(ByteBuffer(bytes: bytes))
        try await peer.closeOutput()
        #expect(await peer.receive(1) == nil)
        while server.statistics.connections > 0, !Task.isCancelled { await Task.yield() }
        #expect(server.statistics == RPCServer.Statistics())
      }
    }
  }

  @Test("SR110 a client that closes its side gets the answers to its calls, then the end")
  func halfClose() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      for id in [1, 3, 5] as [UInt32] { try await peer.call(Service.wait, id, "\(id)") }
      try await peer.call(Service.size, 7, "3000000")
      await service.started.wait(3)
      try await peer.closeOutput()
      #expect(try await peer.receiveResponse()?.text.utf8.count == 3_000_000)
      service.released.send()
      var texts: Set<String> = []
      while let response = try await peer.receiveResponse() { texts.insert(response.text) }
      #expect(texts == ["1", "3", "5"])
      #expect(service.cancelled.count == 0)
    }
  }

  @Test("SR110 calls that go on after their client has closed its side are cancelled")
  func halfCloseTimeout() async throws {
    let service = TestService()
    let options = RPCServerOptions.with { $0.halfCloseTimeout = .milliseconds(100) }
    try await withRawPeer(service, options: options) { peer, server in
      try await peer.call(Service.wait, 1)
      try await peer.call(Service.stuck, 3, "", flags: [.more, .noData])
      await service.started.wait(2)
      try await peer.closeOutput()
      var codes: [UInt32: Int32] = [:]
      while let response = try await peer.receiveResponse() { codes[response.id] = response.code }
      #expect(codes == [1: 1, 3: 1])
      await service.cancelled.wait(2)
      while server.statistics.connections > 0, !Task.isCancelled { await Task.yield() }
    }
  }

  @Test("§7 a client that writes header and body apart is served")
  func headerAndBodyApart() async throws {
    try await withRawPeer { peer, _ in
      for id in 0..<50 as Range<UInt32> {
        var request = ByteBuffer()
        try request.writeRequest(
          id: id * 2 + 1, method: Service.echo, timeoutNanoseconds: 0, metadata: [],
          message: Text("apart"))
        let header = request.readSlice(length: FrameHeader.size)
        try await peer.send(try #require(header))
        try await peer.send(request)
        #expect(try await peer.receiveResponse()?.text == "apart")
      }
    }
  }
}
