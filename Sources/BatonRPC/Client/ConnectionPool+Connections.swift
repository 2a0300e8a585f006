internal import BatonCore
internal import NIOCore
internal import Synchronization

/// Choosing, opening and giving back connections.
extension ConnectionPool {
  private enum Choice {
    case use(RPCConnection)
    case wait(OneShot<RPCConnection>, connectAt: NIODeadline?)
    case refuse(BatonError)
  }

  /// A connection that can take a call now, if there is one.
  func readyConnection() -> RPCConnection? {
    state.withLock { state in
      for connection in state.shared where connection.hasRoom { return connection }
      return nil
    }
  }

  /// A connection for a call, opened if necessary.
  ///
  /// - Throws: `unavailable`, `too_many_calls`, `deadline_exceeded`; `CancellationError`.
  func connection(deadline: NIODeadline?) async throws -> RPCConnection {
    var unusable: [RPCConnection] = []
    defer { for connection in unusable { connection.retire() } }
    let choice = state.withLock { state -> Choice in
      if state.isClosed { return .refuse(Self.closed) }
      unusable = state.shared.filter { !$0.isUsable }
      if !unusable.isEmpty { state.shared.removeAll { !$0.isUsable } }
      for connection in state.shared where connection.hasRoom { return .use(connection) }
      guard state.shared.count < options.maximumConnections,
        state.waiters.count < Self.maximumWaiters
      else { return .refuse(Self.tooManyCalls) }
      let waiter = OneShot<RPCConnection>()
      state.waiters.append(waiter)
      if state.isConnecting { return .wait(waiter, connectAt: nil) }
      state.isConnecting = true
      return .wait(waiter, connectAt: max(state.nextAttempt, .now()))
    }
    switch choice {
    case .use(let connection): return connection
    case .refuse(let error): throw error
    case .wait(let waiter, let time):
      if let time { connectShared(at: time) }
      return try await value(of: waiter, deadline: deadline)
    }
  }

  /// Takes a connection that failed, or whose server drains and will close it, out of the pool.
  func retire(_ connection: RPCConnection) {
    state.withLock { $0.shared.removeAll { $0 === connection } }
    connection.retire()
  }

  private func connectShared(at time: NIODeadline) {
    connect(at: time) { [self] result in
      let (waiters, isUnwanted) = state.withLock { state in
        state.isConnecting = false
        if case .success(let connection) = result, !state.isClosed {
          state.shared.append(connection)
        }
        defer { state.waiters = [] }
        return (state.waiters, state.isClosed)
      }
      if isUnwanted, case .success(let connection) = result { connection.abandon() }
      for waiter in waiters { waiter.complete(result) }
    }
  }

  private func connect(
    at time: NIODeadline, _ done: @escaping @Sendable (Result<RPCConnection, any Error>) -> Void
  ) {
    _ = eventLoop.scheduleTask(deadline: time) { [self] in
      RPCConnection.connecting(
        to: endpoint, options: connectionOptions, on: eventLoop, executor: executor
      ).whenComplete { [self] result in
        state.withLock { state in
          if case .success = result {
            state.hasConnected = true
            state.failures = 0
            state.nextAttempt = .uptimeNanoseconds(0)
          } else {
            state.failures += 1
            state.nextAttempt =
              .now() + TimeAmount(options.backoff.delay(afterFailures: state.failures))
          }
        }
        done(result)
      }
    }
  }

  // MARK: Streams

  /// A connection for one stream.
  func streamConnection(deadline: NIODeadline?) async throws -> RPCConnection {
    let (connection, error) = state.withLock { state -> (RPCConnection?, BatonError?) in
      if state.isClosed { return (nil, Self.closed) }
      while let connection = state.idle.popLast() {
        if connection.isUsable {
          state.streaming.append(connection)
          return (connection, nil)
        }
        state.streamConnections -= 1
      }
      guard state.streamConnections < options.maximumStreams else {
        return (nil, Self.tooManyCalls)
      }
      state.streamConnections += 1
      return (nil, nil)
    }
    if let connection { return connection }
    if let error { throw error }
    let waiter = OneShot<RPCConnection>()
    connect(at: max(state.withLock { $0.nextAttempt }, .now())) { result in
      if !waiter.complete(result), case .success(let connection) = result { connection.abandon() }
    }
    do {
      let connection = try await value(of: waiter, deadline: deadline)
      let isClosed = state.withLock { state in
        state.streaming.append(connection)
        return state.isClosed
      }
      if isClosed { connection.abandon() }
      return connection
    } catch {
      state.withLock { $0.streamConnections -= 1 }
      throw error
    }
  }

  /// Gives the connection of a stream back.
  func release(_ connection: RPCConnection) {
    let isKept = state.withLock { state in
      state.streaming.removeAll { $0 === connection }
      if !state.isClosed && connection.isUsable && state.idle.count < 2 {
        state.idle.append(connection)
        return true
      }
      state.streamConnections -= 1
      return false
    }
    if !isKept { connection.abandon() }
  }

  // MARK: Waiting

  /// Waits for a time that has been chosen by the back-off.
  func wait(_ delay: Duration, deadline: NIODeadline?) async throws {
    let end = OneShot<Void>()
    let timer = eventLoop.scheduleTask(in: TimeAmount(delay)) {
      _ = end.complete(.success(()))
    }
    defer { timer.cancel() }
    try await value(of: end, deadline: deadline)
  }

  private func value<Value>(
    of waiter: OneShot<Value>, deadline: NIODeadline?
  ) async throws -> Value {
    guard let deadline else { return try await waiter.value() }
    let timer = eventLoop.scheduleTask(deadline: deadline) {
      _ = waiter.complete(.failure(RPCConnection.deadlineExceeded))
    }
    defer { timer.cancel() }
    return try await waiter.value()
  }
}
