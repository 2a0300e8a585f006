import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import Testing

/// WI-12: what every transport does alike.
@Suite(.timeLimit(.minutes(1))) struct TransportTests {
  private typealias Service = TestService

  private func unary(
    _ caller: any Caller, _ method: MethodDescriptor, _ text: String,
    _ options: CallOptions = .standard
  ) async throws -> String {
    let answer: Text = try await caller.unary(method, Text(text), options: options)
    return answer.value
  }

  @Test(arguments: Transport.allCases)
  func answers(transport: Transport) async throws {
    try await transport.serve { caller in
      for (method, text) in [(Service.echo, "hello"), (Service.later, "hello"), (Service.echo, "")]
      {
        let answer = try await unary(caller, method, text)
        #expect(answer == text)
      }
    }
  }

  @Test(arguments: Transport.allCases)
  func errors(transport: Transport) async throws {
    try await transport.serve { caller in
      do {
        _ = try await unary(caller, Service.fail, "7")
        Issue.record("no error")
      } catch let error as BatonError {
        #expect(error.code == .notFound)
        #expect(error.description == "run_not_found: no run 7\nlook")
      }
      let unknown = MethodDescriptor(service: Service.name, method: "Nope", kind: .unary)
      #expect(await reason { try await unary(caller, unknown, "") } == "unknown_method")
      #expect(
        await reason { try await unary(caller, Service.size, "4194304") } == "reply_too_large")
      let large = String(repeating: "x", count: 4_194_304)
      #expect(await reason { try await unary(caller, Service.echo, large) } == "frame_too_large")
    }
  }

  @Test(arguments: Transport.allCases)
  func deadlinesAndCancellation(transport: Transport) async throws {
    let service = TestService()
    try await transport.serve(service) { caller in
      // The deadline is not for connecting.
      _ = try await unary(caller, Service.echo, "")
      let options = CallOptions(timeout: .milliseconds(500))
      #expect(
        await reason { try await unary(caller, Service.wait, "", options) }
          == "deadline_exceeded")
      // On a machine that stands still, a forwarded call may end before it was passed on.
      let begun = service.started.count
      await service.cancelled.wait(begun)
      await withTaskGroup(of: String.self) { group in
        group.addTask { await reason { try await unary(caller, Service.wait, "") } }
        await service.started.wait(begun + 1)
        group.cancelAll()
        #expect(await group.next() == "CancellationError")
      }
      await service.cancelled.wait(begun + 1)
    }
  }

  @Test(arguments: Transport.allCases)
  func metadata(transport: Transport) async throws {
    try await transport.serve { caller in
      let options = CallOptions(metadata: [
        .init(key: "Baton-Client", value: "a"), .init(key: "traceparent", value: "b"),
      ])
      let pairs = try await unary(caller, Service.metadata, "", options)
      #expect(pairs == "baton-client=a,traceparent=b")
      let many = (0..<65).map { Metadata.Element(key: "k\($0)", value: "v") }
      #expect(
        await reason { try await unary(caller, Service.echo, "", CallOptions(metadata: many)) }
          == "metadata_too_large")
    }
  }

  @Test(arguments: Transport.allCases)
  func serverStreams(transport: Transport) async throws {
    let service = TestService()
    try await transport.serve(service) { caller in
      let texts = try await caller.serverStream(
        Service.count, Text("500"), options: .standard
      ) { (items: MessageStream<Text>) in
        try await items.reduce(into: [String]()) { $0.append($1.value) }
      }
      #expect(texts == (0..<500).map { "\($0)" })
      var received = 0
      let end = await reason {
        try await caller.serverStream(Service.streamError, Text("x"), options: .standard) {
          (items: MessageStream<Text>) in
          for try await _ in items { received += 1 }
        }
      }
      #expect(received == 1 && end == "env_changed")
      // One that is left early is cancelled.
      try await caller.serverStream(Service.endless, Text("10"), options: .standard) {
        (items: MessageStream<Text>) in
        for try await _ in items { break }
      }
      await service.cancelled.wait()
      let deadline = CallOptions(timeout: .milliseconds(30))
      #expect(
        await reason {
          try await caller.serverStream(Service.endless, Text("10"), options: deadline) {
            (items: MessageStream<Text>) in
            for try await _ in items {}
          }
        } == "deadline_exceeded")
    }
  }

  @Test("a slow reader of an in-process stream holds its writer back")
  func inProcessBackPressure() async throws {
    let service = TestService()
    try await Transport.inProcess.serve(service) { caller in
      try await caller.serverStream(Service.endless, Text("10"), options: .standard) {
        (items: MessageStream<Text>) in
        await service.sent.wait(63)
        for _ in 0..<1_000 { await Task.yield() }
        #expect(service.sent.count <= 64)
        var iterator = items.makeAsyncIterator()
        for _ in 0..<200 { _ = try await iterator.next() }
        #expect(service.sent.count >= 136)
      }
    }
  }
}
