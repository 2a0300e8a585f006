internal import BatonCore
internal import Glibc
package import NIOCore
internal import NIOPosix

extension RPCConnection {
  /// Connects to a server.
  ///
  /// - Parameters:
  ///   - endpoint: Where it listens.
  ///   - options: How the connection behaves.
  ///   - eventLoop: The event loop that will serve the connection.
  /// - Returns: The connection, open.
  /// - Throws: `unavailable`.
  package static func connect(
    to endpoint: Endpoint, options: RPCConnectionOptions = RPCConnectionOptions(),
    on eventLoop: any EventLoop
  ) async throws -> RPCConnection {
    try await connecting(to: endpoint, options: options, on: eventLoop).get()
  }

  /// Begins to connect.
  static func connecting(
    to endpoint: Endpoint, options: RPCConnectionOptions, on eventLoop: any EventLoop,
    executor: LoopExecutor? = nil
  ) -> EventLoopFuture<RPCConnection> {
    let made = eventLoop.makePromise(of: RPCConnection.self)
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(TimeAmount(options.connectTimeout))
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536)
      )
      .channelOption(
        .writeBufferWaterMark,
        value: .init(low: options.outboundHighWaterMark / 4, high: options.outboundHighWaterMark)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if case .tcp = endpoint, let socket = channel as? any SocketOptionProvider {
            _ = socket.unsafeSetSocketOption(
              level: SocketOptionLevel(IPPROTO_TCP), name: SocketOptionName(TCP_NODELAY),
              value: CInt(1))
          }
          try options.channelInitializer?(channel)
          let connection = RPCConnection(channel: channel, options: options, executor: executor)
          try channel.pipeline.syncOperations.addHandler(
            RPCConnectionHandler(connection: connection))
          made.succeed(connection)
        }
      }
    let channel =
      switch endpoint {
      case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
      case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
      }
    channel.whenFailure { made.fail($0) }
    return channel.and(made.futureResult).map { $0.1 }.flatMapErrorThrowing { error in
      throw BatonError(
        .unavailable, "unavailable", "cannot connect to \(endpoint)",
        hint: "check that the server runs there", cause: error)
    }
  }
}
