import BatonCore
import BatonRPC
import BatonWire
import Testing

/// WI-12: streams of clients, alike over every transport that carries them.
@Suite(.timeLimit(.minutes(1))) struct StreamCallsTests {
  private typealias Service = TestService

  private func clientStream(
    _ caller: any Caller, _ method: MethodDescriptor, _ options: CallOptions = .standard,
    _ produce: (MessageWriter<Text>) async throws -> Void
  ) async throws -> String {
    let answer: Text = try await caller.clientStream(
      method, of: Text.self, options: options, produce)
    return answer.value
  }

  private func bidirectional<Result>(
    _ caller: any Caller, _ method: MethodDescriptor, _ options: CallOptions = .standard,
    _ body: (MessageWriter<Text>, MessageStream<Text>) async throws -> Result
  ) async throws -> Result {
    try await caller.bidirectional(
      method, of: Text.self, answer: Text.self, options: options, body)
  }

  @Test(
    "WI-12 items arrive in order, the answer after the last", arguments: Transport.forClientStreams)
  func inOrder(transport: Transport) async throws {
    try await transport.serve { caller in
      let joined = try await clientStream(caller, Service.join) { writer in
        for number in 0..<200 { try await writer.send(Text("\(number)")) }
      }
      #expect(joined == (0..<200).map { "\($0)" }.joined(separator: ","))
      #expect(try await clientStream(caller, Service.join) { _ in } == "")
      let empty = try await clientStream(caller, Service.join) { writer in
        for _ in 0..<3 { try await writer.send(Text()) }
      }
      #expect(empty == ",,", "empty items are items")
    }
  }

  @Test("WI-12 each side of a call goes on by itself", arguments: Transport.forClientStreams)
  func bothWays(transport: Transport) async throws {
    try await transport.serve { caller in
      try await bidirectional(caller, Service.chat) { writer, items in
        var iterator = items.makeAsyncIterator()
        for number in 0..<100 {
          try await writer.send(Text("\(number)"))
          #expect(try await iterator.next()?.value == "\(number)")
        }
        for number in 0..<50 { try await writer.send(Text("\(number)")) }
        writer.finish()
        writer.finish()
        #expect(await reason { try await writer.send(Text("late")) } == "CancellationError")
        for number in 0..<50 { #expect(try await iterator.next()?.value == "\(number)") }
        #expect(try await iterator.next() == nil)
      }
    }
  }

  @Test(
    "WI-12 an error in the middle ends the call for both sides",
    arguments: Transport.forClientStreams)
  func errors(transport: Transport) async throws {
    try await transport.serve { caller in
      let end = await reason {
        try await clientStream(caller, Service.strictJoin) { writer in
          for text in ["good", "bad"] { try await writer.send(Text(text)) }
          // Writes end when the answer is there.
          let more = Text(String(repeating: "m", count: 16_384))
          while true { try await writer.send(more) }
        }
      }
      #expect(end == "env_changed")
      var received: [String] = []
      let chatEnd = await reason {
        try await bidirectional(caller, Service.strictChat) { writer, items in
          for text in ["a", "b", "bad", "c"] {
            do { try await writer.send(Text(text)) } catch is CancellationError {}
          }
          for try await item in items { received.append(item.value) }
        }
      }
      #expect(chatEnd == "env_changed")
      #expect(received == ["a", "b"])
      #expect(
        await reason { try await clientStream(caller, Service.first) { _ in } } == "key_not_found")
    }
  }

  @Test(
    "WI-12 a handler may answer before the client is done", arguments: Transport.forClientStreams)
  func earlyAnswer(transport: Transport) async throws {
    try await transport.serve { caller in
      let first = String(repeating: "f", count: 16_384)
      let answer = try await clientStream(caller, Service.first) { writer in
        while true { try await writer.send(Text(first)) }
      }
      #expect(answer == first)
      #expect(
        try await clientStream(caller, Service.join) { try await $0.send(Text("next")) } == "next")
    }
  }

  @Test("WI-12 deadlines end both sides", arguments: Transport.forClientStreams)
  func deadlines(transport: Transport) async throws {
    let service = TestService()
    try await transport.serve(service) { caller in
      _ = try await clientStream(caller, Service.join) { _ in }
      let options = CallOptions(timeout: .milliseconds(300))
      #expect(
        await reason {
          try await clientStream(caller, Service.slowSum, options) {
            try await $0.send(Text("one"))
          }
        } == "deadline_exceeded")
      #expect(
        await reason {
          try await bidirectional(caller, Service.stuck, options) { _, items in
            for try await _ in items {}
          }
        } == "deadline_exceeded")
      await service.cancelled.wait(service.started.count)
    }
  }

  @Test("WI-12 a client that leaves cancels the handler", arguments: Transport.forClientStreams)
  func cancellation(transport: Transport) async throws {
    let service = TestService()
    try await transport.serve(service) { caller in
      // The body ends without having finished its stream.
      try await bidirectional(caller, Service.stuck) { _, _ in await service.started.wait() }
      await service.cancelled.wait()
      // The body throws.
      let end = await reason {
        try await clientStream(caller, Service.slowSum) { writer in
          try await writer.send(Text("one"))
          await service.started.wait(2)
          throw BatonError(.aborted, "env_changed", "the client gives up")
        }
      }
      #expect(end == "env_changed")
      await service.cancelled.wait(2)
      // The task is cancelled, while it waits for the answer and while it waits for items.
      await withTaskGroup(of: String.self) { group in
        group.addTask { await reason { try await clientStream(caller, Service.slowSum) { _ in } } }
        group.addTask {
          await reason {
            try await bidirectional(caller, Service.stuck) { _, items in
              for try await _ in items {}
            }
          }
        }
        await service.started.wait(4)
        group.cancelAll()
        for await end in group { #expect(end == "CancellationError") }
      }
      await service.cancelled.wait(4)
    }
  }

  @Test(
    "WI-12 FR16 a handler that takes nothing holds its client back, and loses nothing",
    arguments: Transport.forClientStreams)
  func slowHandler(transport: Transport) async throws {
    let service = TestService()
    let size = 65_536
    let count = 400
    try await transport.serve(service) { caller in
      let written = Signal()
      let sum = try await clientStream(caller, Service.slowSum) { writer in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            let item = Text(String(repeating: "z", count: size))
            for _ in 0..<count {
              try await writer.send(item)
              written.send()
            }
          }
          await service.started.wait()
          await written.wait(15)
          // 26 MB are more than streams, outboxes and sockets hold.
          for _ in 0..<200 {
            await Task.yield()
            #expect(written.count < count)
          }
          service.released.send()
          try await group.waitForAll()
        }
      }
      #expect(sum == "\(size * count)")
    }
  }

  @Test(
    "WI-12 FR16 an echo whose client does not read stops reading itself",
    arguments: Transport.forClientStreams)
  func slowBothWays(transport: Transport) async throws {
    let service = TestService()
    let count = 400
    try await transport.serve(service) { caller in
      let written = Signal()
      try await bidirectional(caller, Service.chat) { writer, items in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            let padding = String(repeating: "z", count: 65_536)
            for number in 0..<count {
              try await writer.send(Text("\(number) \(padding)"))
              written.send()
            }
            writer.finish()
          }
          await service.sent.wait(15)
          for _ in 0..<200 {
            await Task.yield()
            #expect(written.count < count && service.sent.count < count)
          }
          var next = 0
          for try await item in items {
            #expect(item.value.hasPrefix("\(next) "))
            next += 1
          }
          #expect(next == count)
          try await group.waitForAll()
        }
      }
    }
  }

  @Test("FR22 what is too long for a frame is refused at once, and the call goes on")
  func tooLong() async throws {
    for transport in Transport.forClientStreams {
      try await transport.serve { caller in
        let joined = try await clientStream(caller, Service.join) { writer in
          try await writer.send(Text("a"))
          let large = Text(String(repeating: "x", count: 4_194_304))
          #expect(await reason { try await writer.send(large) } == "frame_too_large")
          try await writer.send(Text("b"))
        }
        #expect(joined == "a,b")
      }
    }
  }

  @Test("FR9 an item over 4 MiB ends its stream with 8", arguments: Transport.allCases)
  func largeItem(transport: Transport) async throws {
    try await transport.serve { caller in
      var received: [String] = []
      let end = await reason {
        try await caller.serverStream(Service.largeItem, Text("4194304"), options: .standard) {
          (items: MessageStream<Text>) in
          for try await item in items { received.append(item.value) }
        }
      }
      #expect(end == "reply_too_large")
      #expect(received == ["first"])
    }
  }
}
