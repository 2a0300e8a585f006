import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import Testing

/// WI-01: every row of wire.md §4 about answers, against raw bytes.
@Suite(.timeLimit(.minutes(1))) struct AnswersTests {
  private typealias Service = TestService

  private func expect(
    _ peer: RawPeer, id: UInt32, code: Int32, _ reason: String,
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let response = try await peer.receiveResponse()
    #expect(response?.id == id, sourceLocation: location)
    #expect(response?.code == code, sourceLocation: location)
    #expect(response?.text.hasPrefix("\(reason): ") == true, sourceLocation: location)
  }

  /// The connection still serves.
  private func expectAlive(_ peer: RawPeer, _ location: SourceLocation = #_sourceLocation)
    async throws
  {
    try await peer.call(Service.echo, 999, "alive")
    let response = try await peer.receiveResponse()
    #expect(response == RawResponse(id: 999, code: 0, text: "alive"), sourceLocation: location)
  }

  @Test("WI-01 FR6 a success has no status, an empty one no data at all")
  func success() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.echo, 1, "hello")
      #expect(
        await peer.receive(19) == Self.bytes([0, 0, 0, 9, 0, 0, 0, 1, 2, 0, 0x12, 7])
          + Self.bytes([0x0a, 5]) + ByteBuffer(string: "hello"))
      try await peer.call(Service.echo, 3)
      #expect(await peer.receive(10) == Self.bytes([0, 0, 0, 0, 0, 0, 0, 3, 2, 0]))
    }
  }

  @Test("WI-01 FR1 the kind comes from the table; unknown flags and types are ignored")
  func unknownBits() async throws {
    try await withRawPeer { peer, _ in
      try await peer.send(FrameType(rawValue: 0x77), 5, ByteBuffer(string: "?"))
      try await peer.call(Service.echo, 1, "a", flags: FrameFlags(rawValue: 0xff))
      #expect(try await peer.receiveResponse() == RawResponse(id: 1, code: 0, text: "a"))
    }
  }

  @Test("WI-01 FR2 even ids and ids in use are refused")
  func streamIDs() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      try await peer.call(Service.echo, 2, "a")
      try await expect(peer, id: 2, code: 3, "stream_id_invalid")
      try await peer.call(Service.silent, 7)
      await service.started.wait()
      try await peer.call(Service.echo, 7)
      try await expect(peer, id: 7, code: 3, "stream_in_use")
      try await expectAlive(peer)
    }
  }

  @Test("WI-02 ids out of order are all served")
  func order() async throws {
    try await withRawPeer { peer, _ in
      for id in [9, 5, 7, 1] as [UInt32] {
        try await peer.call(Service.echo, id, "\(id)")
        #expect(try await peer.receiveResponse() == RawResponse(id: id, code: 0, text: "\(id)"))
      }
    }
  }

  @Test("WI-01 FR3 a stream ends with an empty DATA 05 of its own")
  func serverStream() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.count, 3, "2", flags: .done)
      for number in ["0", "1"] {
        let frame = await peer.receiveFrame()
        #expect(frame?.header.type == .data && frame?.header.flags == [])
        #expect(try frame.map { try Text(payload: $0.data) } == Text(number))
      }
      #expect(await peer.receive(10) == Self.bytes([0, 0, 0, 0, 0, 0, 0, 3, 3, 5]))
      try await peer.call(Service.streamError, 5, "x", flags: .done)
      #expect(await peer.receiveFrame()?.header.type == .data)
      try await expect(peer, id: 5, code: 10, "env_changed")
    }
  }

  @Test("WI-01 FR4 first item in the request, half-close, and data with the done flag")
  func clientStreams() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.join, 1, "", flags: [.more, .noData])
      try await peer.send(.data, 1, Text("a").serialized())
      try await peer.send(.data, 1)
      try await peer.send(.data, 1, Text("b").serialized())
      try await peer.send(.data, 1, flags: [.done, .noData])
      #expect(try await peer.receiveResponse() == RawResponse(id: 1, code: 0, text: "a,,b"))
      try await peer.call(Service.join, 3, "first", flags: .more)
      try await peer.send(.data, 3, flags: .done, Text("last").serialized())
      #expect(try await peer.receiveResponse()?.text == "first,last")
      try await peer.call(Service.chat, 13, "", flags: [.more, .noData])
      try await peer.send(.data, 13)
      #expect(await peer.receive(10) == Self.bytes([0, 0, 0, 0, 0, 0, 0, 13, 3, 0]))
      try await peer.send(.data, 13, flags: [.done, .noData])
      #expect(await peer.receive(10) == Self.bytes([0, 0, 0, 0, 0, 0, 0, 13, 3, 5]))
    }
  }

  @Test("WI-01 FR5 data for a unary call, an unknown or an ended stream")
  func strayData() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      try await peer.send(.data, 11, Text("a").serialized())
      try await expect(peer, id: 11, code: 3, "stream_unknown")
      try await peer.call(Service.wait, 13)
      await service.started.wait()
      try await peer.send(.data, 13, Text("a").serialized())
      try await expect(peer, id: 13, code: 3, "stream_unknown")
      await service.cancelled.wait()
      try await peer.call(Service.stuck, 15, "", flags: [.more, .noData])
      await service.started.wait(2)
      try await peer.send(.data, 15, flags: [.done, .noData])
      try await peer.send(.data, 15, Text("late").serialized())
      try await expect(peer, id: 15, code: 3, "stream_unknown")
      try await expectAlive(peer)
    }
  }

  @Test("WI-01 FR6 error text: reason, sentence, and the remedy on a line of its own")
  func errorText() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.fail, 1, "7")
      #expect(
        try await peer.receiveResponse()
          == RawResponse(id: 1, code: 5, text: "run_not_found: no run 7\nlook"))
    }
  }

  @Test("WI-01 FR7 unknown names 12, undecodable envelope, text or payload 3")
  func undecodable() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(MethodDescriptor(service: "no.Such", method: "Echo", kind: .unary), 1)
      try await expect(peer, id: 1, code: 12, "unknown_method")
      try await peer.call(
        MethodDescriptor(service: Service.name, method: "Nope", kind: .unary), 3)
      try await expect(peer, id: 3, code: 12, "unknown_method")
      try await peer.send(.request, 5, Self.bytes([0x0a, 0x7f]))
      try await expect(peer, id: 5, code: 3, "malformed_request")
      try await peer.send(.request, 7, Self.bytes([0x0a, 2, 0xc3, 0x28]))
      try await expect(peer, id: 7, code: 3, "invalid_text")
      var bad = ByteBuffer()
      try bad.writeRequest(
        id: 9, method: Service.echo, timeoutNanoseconds: 0, metadata: [],
        payload: Self.bytes([0xff, 0xff]))
      try await peer.send(bad)
      try await expect(peer, id: 9, code: 3, "malformed_message")
      try await expectAlive(peer)
    }
  }

  @Test("WI-01 FR10 a deadline that passes, or has passed, answers 4")
  func deadlines() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      try await peer.call(Service.wait, 1, timeout: 20_000_000)
      try await expect(peer, id: 1, code: 4, "deadline_exceeded")
      await service.cancelled.wait()
      try await peer.call(Service.silent, 3, timeout: -1)
      try await expect(peer, id: 3, code: 4, "deadline_exceeded")
      #expect(service.started.count == 1)
      try await peer.call(Service.echo, 5, "x", timeout: .max)
      #expect(try await peer.receiveResponse()?.text == "x")
    }
  }

  @Test("WI-01 FR11 keys become lower-case; too many pairs answer 8")
  func metadata() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(
        Service.metadata, 1,
        metadata: [.init(key: "Baton-Client", value: "a"), .init(key: "baton-client", value: "b")])
      #expect(try await peer.receiveResponse()?.text == "baton-client=a,baton-client=b")
      let pairs = (0..<65).map { Metadata.Element(key: "k\($0)", value: "v") }
      try await peer.call(Service.metadata, 3, metadata: pairs)
      try await expect(peer, id: 3, code: 8, "metadata_too_large")
    }
  }

  @Test("WI-08 FR13 the cancel frame stops the handler and answers 1")
  func cancel() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      try await peer.call(Service.wait, 1)
      await service.started.wait()
      try await peer.send(.cancel, 1)
      try await expect(peer, id: 1, code: 1, "cancelled")
      await service.cancelled.wait()
      try await peer.call(Service.endless, 3, flags: .done)
      #expect(await peer.receiveFrame()?.header.type == .data)
      try await peer.send(.cancel, 3)
      while let frame = await peer.receiveFrame() {
        guard frame.header.type == .response else { continue }
        #expect(frame.header.streamID == 3)
        break
      }
      await service.cancelled.wait(2)
      try await peer.send(.cancel, 77)
      try await expectAlive(peer)
    }
  }

  @Test("WI-01 FR13 closing the connection cancels its handlers")
  func closing() async throws {
    let service = TestService()
    // Over TCP, a connection that is closed looks like one that is closed halfway.
    let options = RPCServerOptions.with { $0.halfCloseTimeout = .milliseconds(50) }
    for endpoint in [Endpoint.tcp(host: "127.0.0.1", port: 0), .unix(path: temporarySocketPath())] {
      try await withServer(service, endpoints: [endpoint], options: options) { _, endpoint in
        let peer = try await RawPeer.connect(to: endpoint)
        let begun = service.started.count
        try await peer.call(Service.wait, 1)
        await service.started.wait(begun + 1)
        await peer.close()
        await service.cancelled.wait(begun + 1)
      }
    }
  }

  @Test("WI-04 a request fed one byte at a time is served")
  func oneByteAtATime() async throws {
    try await withRawPeer { peer, _ in
      var request = ByteBuffer()
      try request.writeRequest(
        id: 1, method: Service.echo, timeoutNanoseconds: 0, metadata: [], message: Text("slow"))
      while let byte = request.readSlice(length: 1) { try await peer.send(byte) }
      #expect(try await peer.receiveResponse()?.text == "slow")
    }
  }

  private static func bytes(_ bytes: [UInt8]) -> ByteBuffer { ByteBuffer(bytes: bytes) }
}

private func + (first: ByteBuffer, second: ByteBuffer) -> ByteBuffer {
  var sum = first
  sum.writeImmutableBuffer(second)
  return sum
}
