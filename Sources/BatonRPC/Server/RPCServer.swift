internal import BatonCore
package import BatonWire
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Serves calls on TCP and Unix sockets.
///
/// ```swift
/// let server = RPCServer(options: .init(endpoints: [endpoint]), services: [engine.definition])
/// try await server.run()  // until it is drained or the task is cancelled
/// ```
package final class RPCServer: Sendable {
  /// What a server holds at a moment.
  package struct Statistics: Sendable, Hashable {
    package var connections = 0
    /// Calls that wait for their answers.
    package var activeCalls = 0
    /// Bytes received and not yet taken: of incomplete frames, of frames held back and of streams.
    package var inboundBytes = 0
    /// Bytes of answers not yet handed to the sockets.
    package var outboundBytes = 0
    /// Connections refused since the start, because there were too many.
    package var refusedConnections = 0

    /// Those of a server without connections.
    package init() {}
  }

  private struct State {
    var listeners: [any Channel] = []
    var graceTimer: Scheduled<Void>?
    var isStopping = false
  }

  private let core: ServerCore
  private let state = Mutex(State())
  private let bound = OneShot<[Endpoint]>()

  /// A server that listens when it is run.
  ///
  /// - Parameters:
  ///   - options: Where it listens and what it allows.
  ///   - services: What the server offers.
  ///   - authenticator: Finds out who calls; nil: nobody is asked.
  ///   - logger: Takes what goes wrong with connections.
  package init(
    options: RPCServerOptions, services: [ServiceDefinition],
    authenticator: (any Authenticator)? = nil, logger: Logger = Logger(label: "baton.rpc")
  ) {
    core = ServerCore(
      options: options, services: services, authenticator: authenticator, logger: logger)
  }

  /// Listens and serves until the server is drained or stopped, or the task is cancelled.
  ///
  /// - Throws: ``BatonError`` `unavailable`, when an address cannot be listened on.
  package func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: core.options.eventLoops)
    do {
      var endpoints: [Endpoint] = []
      for endpoint in core.options.endpoints {
        let listener = try await Listener(core: core, group: group).listen(on: endpoint)
        endpoints.append(listener.endpoint)
        if !keep(listener.channel) { try? await listener.channel.close() }
      }
      bound.complete(.success(endpoints))
      await withTaskCancellationHandler {
        await withDiscardingTaskGroup { tasks in
          tasks.addTask { [core] in
            try? await core.closed()
            core.children.close()
          }
          await core.children.run()
        }
      } onCancel: {
        stop()
      }
    } catch {
      bound.complete(.failure(error))
      stop()
      try? await group.shutdownGracefully()
      throw error
    }
    stop()
    try? await group.shutdownGracefully()
  }

  /// The addresses listened on, ports resolved.
  ///
  /// Waits until the server listens; called once.
  ///
  /// - Returns: One address for each of the options, in their order.
  /// - Throws: what kept ``run()`` from listening; `CancellationError`.
  package func boundEndpoints() async throws -> [Endpoint] {
    try await bound.value()
  }

  /// Begins to shut down (FR14).
  ///
  /// Nothing is accepted any more, new calls are answered with `draining`, streams end with it,
  /// and when the calls in progress are answered, the connections close. Called again, or when the
  /// time is over, it closes at once.
  ///
  /// - Parameter grace: The longest time that calls in progress get.
  package func beginDrain(grace: Duration) {
    let (listeners, isSecond) = state.withLock { state in
      defer { state.isStopping = true }
      return (state.listeners, state.isStopping)
    }
    if isSecond { return stop() }
    for listener in listeners { listener.close(promise: nil) }
    if let eventLoop = listeners.first?.eventLoop {
      let timer = eventLoop.scheduleTask(in: TimeAmount(grace)) { [self] in stop() }
      state.withLock { $0.graceTimer = timer }
    }
    core.drain()
  }

  /// Closes all connections at once.
  package func stop() {
    let (listeners, timer) = state.withLock { state in
      state.isStopping = true
      defer {
        state.listeners = []
        state.graceTimer = nil
      }
      return (state.listeners, state.graceTimer)
    }
    timer?.cancel()
    for listener in listeners { listener.close(promise: nil) }
    core.stop(.close)
  }

  /// What the server holds now.
  package var statistics: Statistics { core.statistics() }

  private func keep(_ listener: any Channel) -> Bool {
    state.withLock { state in
      guard !state.isStopping else { return false }
      state.listeners.append(listener)
      return true
    }
  }
}
