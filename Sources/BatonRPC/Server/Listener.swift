internal import BatonCore
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Opens the sockets that a server listens on.
struct Listener {
  let core: ServerCore
  let group: MultiThreadedEventLoopGroup

  /// A socket being listened on, and its address with the port resolved.
  struct Open {
    var channel: any Channel
    var endpoint: Endpoint
  }

  func listen(on endpoint: Endpoint) async throws -> Open {
    do {
      switch endpoint {
      case .tcp(let host, let port):
        let channel = try await bootstrap.bind(host: host, port: port).get()
        let port = channel.localAddress?.port ?? port
        return Open(channel: channel, endpoint: .tcp(host: host, port: port))
      case .unix(let path):
        let socket = try UnixListeningSocket(path: path)
        let channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
        channel.closeFuture.whenComplete { _ in socket.removeFile() }
        return Open(channel: channel, endpoint: endpoint)
      }
    } catch let error as BatonError {
      throw error
    } catch {
      throw BatonError(
        .unavailable, "unavailable", "cannot listen on \(endpoint): \(error)", cause: error)
    }
  }

  private var bootstrap: ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536)
      )
      .childChannelOption(
        .writeBufferWaterMark,
        value: .init(
          low: core.options.outboundHighWaterMark / 4, high: core.options.outboundHighWaterMark)
      )
      .childChannelInitializer { [core] channel in
        channel.eventLoop.makeCompletedFuture { try Self.prepare(channel, core) }
      }
  }

  private static func prepare(_ channel: any Channel, _ core: ServerCore) throws {
    guard core.admitConnection() else { throw ChannelError.ioOnClosedChannel }
    do {
      try addHandlers(channel, core)
    } catch {
      core.dismissConnection()
      throw error
    }
  }

  private static func addHandlers(_ channel: any Channel, _ core: ServerCore) throws {
    let address = channel.remoteAddress
    var peer = PeerInfo(address: "unix")
    if address?.ipAddress == nil { peer.userID = userID(channel) }
    if let address, let ip = address.ipAddress {
      peer.address = Endpoint.tcp(host: ip, port: address.port ?? 0).description
      if let options = channel as? any SocketOptionProvider {
        _ = options.unsafeSetSocketOption(
          level: SocketOptionLevel(IPPROTO_TCP), name: SocketOptionName(TCP_NODELAY),
          value: CInt(1))
        _ = options.unsafeSetSocketOption(
          level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_KEEPALIVE),
          value: CInt(1))
      }
    }
    try core.options.channelInitializer?(channel)
    let connection = ServerConnection(
      peerInfo: peer, identity: core.authenticator?.identity(of: peer),
      eventLoop: channel.eventLoop, children: core.children,
      highWaterMark: core.options.outboundHighWaterMark)
    try channel.pipeline.syncOperations.addHandler(
      ServerConnectionHandler(server: core, connection: connection))
  }

  /// The user at the other end of a Unix socket.
  private static func userID(_ channel: any Channel) -> UInt32? {
    guard let options = channel as? any SocketOptionProvider else { return nil }
    var credentials: PeerCredentials?
    let asked: EventLoopFuture<PeerCredentials> = options.unsafeGetSocketOption(
      level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED))
    // On the event loop the answer is there at once.
    asked.assumeIsolated().whenSuccess { credentials = $0 }
    return credentials?.userID
  }
}

/// `struct ucred` of socket(7).
private struct PeerCredentials: Sendable {
  var processID: Int32 = 0
  var userID: UInt32 = 0
  var groupID: UInt32 = 0
}
