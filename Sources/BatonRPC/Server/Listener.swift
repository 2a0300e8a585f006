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
      let (sentence, hint) = Self.explanation(of: error)
      throw BatonError(
        .unavailable, "unavailable", "cannot listen on \(endpoint): \(sentence)", hint: hint,
        cause: error)
    }
  }

  /// Why an address cannot be listened on, in words for whoever started the server.
  private static func explanation(of error: any Error) -> (sentence: String, hint: String?) {
    guard let error = error as? IOError else {
      return error is SocketAddressError
        ? ("the host is not known", "give an address of this host, such as 127.0.0.1")
        : ("\(error)", nil)
    }
    switch error.errnoCode {
    case EADDRINUSE:
      return ("the address is in use", "end what listens there, or choose another port")
    case EADDRNOTAVAIL:
      return ("this host has no such address", "give an address of this host, such as 127.0.0.1")
    case EACCES:
      return ("permission denied", "ports below 1024 need a privilege; choose another port")
    default: return (String(cString: strerror(error.errnoCode)), nil)
    }
  }

  private var bootstrap: ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
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
    let address = channel.remoteAddress?.ipAddress
    guard core.admissions.admit(address) else { throw ChannelError.ioOnClosedChannel }
    do {
      try addHandlers(channel, core)
    } catch {
      core.admissions.dismiss(address)
      throw error
    }
  }

  private static func addHandlers(_ channel: any Channel, _ core: ServerCore) throws {
    let address = channel.remoteAddress
    var peer = PeerInfo(address: "unix")
    if address?.ipAddress == nil { peer.userID = userID(channel) }
    if let address, let ip = address.ipAddress {
      peer.address = Endpoint.tcp(host: ip, port: address.port ?? 0).description
      setOptions(channel)
    }
    try core.options.channelInitializer?(channel)
    let connection = ServerConnection(
      server: core, peerInfo: peer, address: address?.ipAddress,
      identity: core.authenticator?.identity(of: peer), eventLoop: channel.eventLoop)
    try channel.pipeline.syncOperations.addHandler(
      ServerConnectionHandler(server: core, connection: connection))
  }

  /// Makes TCP send at once (FR15), and look after peers that have vanished: 3 probes, 20 s apart,
  /// after 60 s of silence (SR105).
  private static func setOptions(_ channel: any Channel) {
    guard let provider = channel as? any SocketOptionProvider else { return }
    let tcp = SocketOptionLevel(IPPROTO_TCP)
    let options: [(SocketOptionLevel, CInt, CInt)] = [
      (tcp, TCP_NODELAY, 1), (SocketOptionLevel(SOL_SOCKET), SO_KEEPALIVE, 1),
      (tcp, TCP_KEEPIDLE, 60), (tcp, TCP_KEEPINTVL, 20), (tcp, TCP_KEEPCNT, 3),
    ]
    for (level, name, value) in options {
      _ = provider.unsafeSetSocketOption(
        level: level, name: SocketOptionName(name), value: value)
    }
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
