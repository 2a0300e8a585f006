import BatonCore
import BatonRPC
import BatonWire
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectionPoolTests {
  private typealias Service = TestService

  /// A server that answers every request with what `answer` says: an error, or the number of the
  /// connection; nil closes the connection.
  private func withFakeServer<Result: Sendable>(
    _ answer: @escaping @Sendable (_ request: Int) -> Answer,
    options change: (inout ConnectionPool.Options) -> Void = { _ in },
    _ body: (ConnectionPool) async throws -> Result
  ) async throws -> Result {
    let (accepted, continuation) = AsyncStream<RawPeer.AcceptedPeer>.makeStream()
    let (channel, endpoint) = try await RawPeer.listen { continuation.yield($0) }
    var options = ConnectionPool.Options()
    options.backoff.first = .milliseconds(1)
    change(&options)
    let pool = ConnectionPool(to: endpoint, options: options)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var requests = 0
        var connections = 0
        for await accepted in accepted {
          connections += 1
          let peer = accepted.peer
          serving: while let (header, _) = await peer.receiveFrame() {
            requests += 1
            var buffer = ByteBuffer()
            switch answer(requests) {
            case .text:
              try buffer.writeResponse(id: header.streamID, message: Text("\(connections)"))
            case .error(let error): buffer.writeResponse(id: header.streamID, error: error)
            case .close: break serving
            }
            try await peer.send(buffer)
          }
          await peer.close()
        }
      }
      let result = try await body(pool)
      await pool.close()
      continuation.finish()
      try await channel.close()
      group.cancelAll()
      return result
    }
  }

  private enum Answer {
    case text
    case close
    case error(BatonError)
  }

  private static let draining = BatonError(.unavailable, "draining", "the server goes")

  @Test("FR23 an idempotent call is repeated on another connection after a loss")
  func repeatsIdempotent() async throws {
    try await withFakeServer {
      $0 < 3 ? .close : .text
    } _: { pool in
      let text: Text = try await pool.unary(Service.echo, Text("a"), options: .standard)
      #expect(text.value == "3")
    }
  }

  @Test("FR23 a call answered 14 is repeated when it carries a request id")
  func repeatsWithRequestID() async throws {
    for options in [
      CallOptions(carriesRequestID: true),
      CallOptions(metadata: [.init(key: "baton-request-id", value: "r1")]),
    ] {
      try await withFakeServer {
        $0 == 1 ? .error(Self.draining) : .text
      } _: { pool in
        let text: Text = try await pool.unary(Service.fail, Text("a"), options: options)
        #expect(text.value == "2")
      }
    }
  }

  @Test("FR23 a call that may have changed something is not repeated")
  func doesNotRepeat() async throws {
    try await withFakeServer {
      $0 == 1 ? .close : .text
    } _: { pool in
      #expect(await call(pool, Service.fail) == "unavailable")
      // The next call gets a new connection.
      #expect(await call(pool, Service.fail) == "none")
    }
  }

  @Test("FR23 other errors are not repeated, and attempts are bounded")
  func bounds() async throws {
    let refusal = BatonError(.aborted, "env_changed", "changed")
    try await withFakeServer { _ in
      .error(refusal)
    } _: { pool in
      #expect(await call(pool, Service.echo) == "env_changed")
    }
    let requests = Signal()
    try await withFakeServer { _ in
      requests.send()
      return .error(Self.draining)
    } _: { pool in
      #expect(await call(pool, Service.echo) == "draining")
      #expect(requests.count == 4)
    }
  }

  @Test("FR23 no attempt goes beyond the deadline")
  func deadline() async throws {
    try await withFakeServer { _ in
      .error(Self.draining)
    } options: {
      $0.backoff.first = .seconds(100)
      $0.backoff.jitter = { 1 }
    } _: { pool in
      let options = CallOptions(timeout: .milliseconds(50))
      #expect(
        await reason {
          let _: Text = try await pool.unary(Service.echo, Text(), options: options)
        } == "deadline_exceeded")
    }
  }

  @Test("a server that is not there is reported after a few attempts")
  func nobodyThere() async throws {
    let (channel, endpoint) = try await RawPeer.listen { _ in }
    try await channel.close()
    var options = ConnectionPool.Options()
    options.backoff.first = .milliseconds(1)
    let pool = ConnectionPool(to: endpoint, options: options)
    #expect(await call(pool, Service.fail) == "unavailable")
    await pool.close()
    #expect(await call(pool, Service.echo) == "unavailable")
  }

  @Test("FR25 every stream has a connection of its own, used again afterwards")
  func streams() async throws {
    try await withServer { server, endpoint in
      let pool = ConnectionPool(to: endpoint)
      for _ in 0..<3 {
        let items = try await pool.serverStream(
          Service.count, Text("2"), options: .standard
        ) { (items: MessageStream<Text>) in
          let text: Text = try await pool.unary(Service.echo, Text("x"), options: .standard)
          #expect(text.value == "x")
          #expect(server.statistics.connections == 2)
          return try await items.reduce(into: 0) { count, _ in count += 1 }
        }
        #expect(items == 2)
      }
      await pool.close()
    }
  }

  @Test("closing the pool ends the streams in progress, too")
  func closing() async throws {
    let service = TestService()
    try await withServer(service) { _, endpoint in
      let pool = ConnectionPool(to: endpoint)
      let end = await reason {
        try await pool.serverStream(
          Service.endless, Text("10"), options: .standard
        ) { (items: MessageStream<Text>) in
          for try await _ in items { await pool.close() }
        }
      }
      #expect(end == "unavailable")
      await service.cancelled.wait()
    }
  }

  @Test("prepared calls get their answers, errors and deadlines")
  func preparedCalls() async throws {
    let service = TestService()
    try await withServer(service) { _, endpoint in
      let connection = try await connect(to: endpoint)
      let results = AsyncStream<String>.makeStream()
      for (method, timeout) in [
        (Service.echo, Duration.seconds(30)), (Service.fail, .seconds(30)),
        (Service.wait, .milliseconds(20)), (Service.echo, .seconds(30)),
      ] {
        let call = try PreparedCall(method, Text("x"), timeout: timeout)
        connection.call(call, Results(results.continuation))
        connection.call(call, Results(results.continuation))
      }
      var received: [String] = []
      for await result in results.stream.prefix(8) { received.append(result) }
      #expect(
        received.sorted() == [
          "deadline_exceeded", "deadline_exceeded", "run_not_found", "run_not_found", "x", "x",
          "x", "x",
        ])
      #expect { _ = try PreparedCall(Service.echo, Text("x"), timeout: .zero) } throws: {
        ($0 as? BatonError)?.reason == "deadline_exceeded"
      }
      await connection.close()
    }
  }

  @Test("many tasks share the connections; tasks on the pool's executor, too")
  func manyTasks() async throws {
    try await withServer { _, endpoint in
      let pool = ConnectionPool(to: endpoint)
      for isOnExecutor in [false, true] {
        let preference: (any TaskExecutor)? = isOnExecutor ? pool.executor : nil
        try await withTaskExecutorPreference(preference) {
          try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
              group.addTask {
                for method in [Service.echo, Service.later] {
                  let text: Text = try await pool.unary(
                    method, Text("\(number)"), options: .standard)
                  #expect(text.value == "\(number)")
                }
              }
            }
            try await group.waitForAll()
          }
        }
      }
      await pool.close()
    }
  }

  @Test("back-off grows to its maximum")
  func backoff() {
    var backoff = Backoff()
    backoff.jitter = { 1 }
    #expect(backoff.delay(afterFailures: 0) == .zero)
    #expect(backoff.delay(afterFailures: 1) == .milliseconds(50))
    #expect(backoff.delay(afterFailures: 3) == .milliseconds(200))
    #expect(backoff.delay(afterFailures: 100) == .seconds(1))
  }

  private func call(_ pool: ConnectionPool, _ method: MethodDescriptor) async -> String {
    await reason {
      let _: Text = try await pool.unary(method, Text("a"), options: .standard)
    }
  }
}

/// Passes on what prepared calls get.
private final class Results: AnswerReceiver {
  private let continuation: AsyncStream<String>.Continuation

  init(_ continuation: AsyncStream<String>.Continuation) {
    self.continuation = continuation
  }

  func succeed(_ payload: ByteBuffer) {
    continuation.yield((try? Text(payload: payload))?.value ?? "undecodable")
  }

  func fail(_ error: any Error) {
    continuation.yield((error as? BatonError)?.reason.rawValue ?? "other")
  }
}
