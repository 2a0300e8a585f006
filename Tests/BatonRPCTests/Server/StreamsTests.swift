import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import Testing

/// WI-01: streams of clients and of servers, against raw bytes.
@Suite(.timeLimit(.minutes(1))) struct StreamsTests {
  private typealias Service = TestService

  private static let opening: FrameFlags = [.more, .noData]
  private static let closing: FrameFlags = [.done, .noData]

  private func expect(
    _ peer: RawPeer, id: UInt32, code: Int32, _ reason: String,
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let response = try await peer.receiveResponse()
    #expect(response?.id == id, sourceLocation: location)
    #expect(response?.code == code, sourceLocation: location)
    #expect(response?.text.hasPrefix("\(reason): ") == true, sourceLocation: location)
  }

  private func expectItem(
    _ peer: RawPeer, id: UInt32, _ text: String, _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let frame = await peer.receiveFrame()
    #expect(
      frame?.header == FrameHeader(length: frame?.header.length ?? 0, streamID: id, type: .data),
      sourceLocation: location)
    #expect(try frame.map { try Text(payload: $0.data) } == Text(text), sourceLocation: location)
  }

  private func expectEnd(
    _ peer: RawPeer, id: UInt32, _ location: SourceLocation = #_sourceLocation
  ) async {
    let end = FrameHeader(length: 0, streamID: id, type: .data, flags: Self.closing)
    #expect(await peer.receiveFrame()?.header == end, sourceLocation: location)
  }

  @Test("§3 a client stream as its bytes: 06, items, 05, one RESPONSE")
  func clientStreamBytes() async throws {
    try await withRawPeer { peer, _ in
      let names = ByteBuffer(
        bytes: [0x0a, 13] + Array("test.v1.Tests".utf8) + [0x12, 4] + Array("Join".utf8))
      try await peer.send(.request, 1, flags: FrameFlags(rawValue: 0x06), names)
      for text in ["a", "b"] {
        try await peer.send(.data, 1, ByteBuffer(bytes: [0x0a, 1] + Array(text.utf8)))
      }
      try await peer.send(.data, 1, flags: FrameFlags(rawValue: 0x05))
      #expect(
        await peer.receive(17)
          == ByteBuffer(
            bytes: [0, 0, 0, 7, 0, 0, 0, 1, 2, 0, 0x12, 5, 0x0a, 3] + Array("a,b".utf8))
      )
    }
  }

  @Test(
    "WI-01 FR4 every form in which a client stream may open, go on and close",
    arguments: [
      // Flags of the request, its payload, whether the stream is closed by 05 or by data with 01.
      ([.more, .noData], "", false, "x,y"), ([.more, .noData], "", true, "x,y"),
      ([.more], "", false, "x,y"), ([], "", false, "x,y"), ([.noData], "", true, "x,y"),
      ([.more], "f", false, "f,x,y"), ([], "f", true, "f,x,y"),
      // A payload counts even where the flags say that there is none.
      ([.more, .noData], "f", false, "f,x,y"),
    ] as [(FrameFlags, String, Bool, String)])
  func openings(flags: FrameFlags, first: String, closesWithData: Bool, joined: String)
    async throws
  {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.join, 1, first, flags: flags)
      try await peer.send(.data, 1, Text("x").serialized())
      if closesWithData {
        try await peer.send(.data, 1, flags: .done, Text("y").serialized())
      } else {
        try await peer.send(.data, 1, Text("y").serialized())
        try await peer.send(.data, 1, flags: Self.closing)
      }
      #expect(try await peer.receiveResponse() == RawResponse(id: 1, code: 0, text: joined))
    }
  }

  @Test("WI-01 FR4 a request with 01 is the whole stream; without a payload it has no item")
  func closedByRequest() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.join, 1, "only", flags: .done)
      #expect(try await peer.receiveResponse()?.text == "only")
      try await peer.call(Service.first, 3, "", flags: [.done, .noData])
      try await expect(peer, id: 3, code: 5, "key_not_found")
      try await peer.call(Service.chat, 5, "only", flags: .done)
      try await expectItem(peer, id: 5, "only")
      await expectEnd(peer, id: 5)
    }
  }

  @Test("WI-01 FR4 an empty DATA is an item, and one with 04 is none")
  func emptyItems() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.join, 1, "", flags: Self.opening)
      try await peer.send(.data, 1)
      try await peer.send(.data, 1, flags: .noData)
      try await peer.send(.data, 1, flags: .more)
      try await peer.send(.data, 1, flags: .done)
      // Three empty items: the one with 01 carries a message, too.
      #expect(try await peer.receiveResponse()?.text == ",,")
    }
  }

  @Test("WI-01 FR4 an undecodable item answers 3 and ends the call alone")
  func badItem() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      for (id, method) in [(1, Service.join), (3, Service.chat)] as [(UInt32, MethodDescriptor)] {
        try await peer.call(method, id, "", flags: Self.opening)
        try await peer.send(.data, id, ByteBuffer(bytes: [0xff]))
        try await expect(peer, id: id, code: 3, "malformed_message")
      }
      try await peer.call(Service.echo, 5, "alive")
      #expect(try await peer.receiveResponse()?.text == "alive")
    }
  }

  @Test("WI-01 FR5 DATA after the end of every kind of call: 3 on that id, the others live on")
  func lateData() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.chat, 99, "", flags: Self.opening)
      let kinds = [Service.echo, Service.count, Service.first, Service.chat]
      for (index, method) in kinds.enumerated() {
        let id = UInt32(index * 2 + 1)
        try await peer.call(method, id, "1", flags: .done)
        // An answer of its kind, then its end.
        while let frame = await peer.receiveFrame(),
          frame.header.type == .data, !frame.header.flags.contains(.done)
        {}
        try await peer.send(.data, id, Text("late").serialized())
        try await expect(peer, id: id, code: 3, "stream_unknown")
        try await peer.send(.data, id, flags: Self.closing)
        try await expect(peer, id: id, code: 3, "stream_unknown")
      }
      try await peer.send(.data, 99, Text("still").serialized())
      try await expectItem(peer, id: 99, "still")
    }
  }

  @Test("WI-01 FR5 DATA for running calls that take none: 3, and the call has ended")
  func wrongData() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      // The half-close that stock clients send for a single request is no data.
      try await peer.call(Service.endless, 1, "", flags: [])
      try await peer.send(.data, 1, flags: Self.closing)
      try await expectItem(peer, id: 1, String(repeating: "y", count: 1_000))
      try await peer.send(.data, 1, Text("x").serialized())
      while let frame = await peer.receiveFrame() {
        guard frame.header.type == .response else { continue }
        let error = try frame.data.withUnsafeReadableBytes {
          try ResponseEnvelope(decoding: $0)
        }.error
        #expect(error?.code == .invalidArgument && error?.reason == "stream_unknown")
        break
      }
      await service.cancelled.wait()
    }
  }

  @Test("§3 both sides of a bidirectional call are open by themselves, item by item")
  func bidirectional() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.chat, 3, "zero", flags: .more)
      try await expectItem(peer, id: 3, "zero")
      for number in 1...50 {
        try await peer.send(.data, 3, Text("\(number)").serialized())
        try await expectItem(peer, id: 3, "\(number)")
      }
      try await peer.send(.data, 3, flags: .done, Text("last").serialized())
      try await expectItem(peer, id: 3, "last")
      await expectEnd(peer, id: 3)
    }
  }

  @Test("FR6 an error in the middle of a stream is a RESPONSE, and nothing follows it")
  func errorInTheMiddle() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.strictChat, 1, "", flags: Self.opening)
      for text in ["a", "bad", "b"] { try await peer.send(.data, 1, Text(text).serialized()) }
      try await expectItem(peer, id: 1, "a")
      try await expect(peer, id: 1, code: 10, "env_changed")
      // What the client sent before it knew is answered, and the id can be used again.
      try await peer.call(Service.echo, 3, "alive")
      var texts: [String] = []
      while let response = try await peer.receiveResponse() {
        texts.append(response.text)
        if response.id == 3 { break }
        #expect(response.id == 1 && response.code == 3)
      }
      #expect(texts.last == "alive")
      try await peer.call(Service.echo, 1, "again")
      #expect(try await peer.receiveResponse() == RawResponse(id: 1, code: 0, text: "again"))
    }
  }

  @Test("FR9 an item over 4 MiB ends its stream with 8")
  func largeItem() async throws {
    try await withRawPeer { peer, _ in
      try await peer.call(Service.largeItem, 1, "4194304", flags: .done)
      try await expectItem(peer, id: 1, "first")
      try await expect(peer, id: 1, code: 8, "reply_too_large")
    }
  }

  @Test("FR10 the deadline of a stream answers 4, whatever its kind")
  func deadlines() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, _ in
      try await peer.call(Service.slowSum, 1, "", flags: Self.opening, timeout: 30_000_000)
      try await expect(peer, id: 1, code: 4, "deadline_exceeded")
      try await peer.call(Service.stuck, 3, "", flags: Self.opening, timeout: 30_000_000)
      try await expect(peer, id: 3, code: 4, "deadline_exceeded")
      await service.cancelled.wait(service.started.count)
      try await peer.call(Service.stuck, 5, "", flags: Self.opening, timeout: -1)
      try await expect(peer, id: 5, code: 4, "deadline_exceeded")
    }
  }

  @Test("FR13 the cancel frame ends streams of clients, and a reset ends all calls")
  func cancellation() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, server in
      for (id, method) in [(1, Service.slowSum), (3, Service.stuck)] as [(UInt32, MethodDescriptor)]
      {
        try await peer.call(method, id, "", flags: Self.opening)
        await service.started.wait(Int(id + 1) / 2)
        try await peer.send(.cancel, id)
        try await expect(peer, id: id, code: 1, "cancelled")
      }
      await service.cancelled.wait(2)
      for id in [5, 7, 9] as [UInt32] {
        try await peer.call(Service.stuck, id, "", flags: Self.opening)
      }
      await service.started.wait(5)
      try await peer.reset()
      await service.cancelled.wait(5)
      while server.statistics.connections > 0, !Task.isCancelled { await Task.yield() }
      #expect(server.statistics == RPCServer.Statistics())
    }
  }

  @Test("FR14 draining lets a client's stream end and refuses further ones")
  func draining() async throws {
    try await withRawPeer { peer, server in
      try await peer.call(Service.join, 1, "a", flags: .more)
      try await peer.call(Service.chat, 3, "b", flags: .more)
      try await expectItem(peer, id: 3, "b")
      server.beginDrain(grace: .seconds(60))
      try await expect(peer, id: 3, code: 14, "draining")
      for (id, method) in [(5, Service.join), (7, Service.chat), (9, Service.count)]
        as [(UInt32, MethodDescriptor)]
      {
        try await peer.call(method, id, "", flags: Self.opening)
        try await expect(peer, id: id, code: 14, "draining")
      }
      try await peer.send(.data, 1, flags: .done, Text("c").serialized())
      #expect(try await peer.receiveResponse() == RawResponse(id: 1, code: 0, text: "a,c"))
      #expect(await peer.receive(1) == nil)
    }
  }
}
