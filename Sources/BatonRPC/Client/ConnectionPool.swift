internal import BatonCore
public import BatonWire
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// Connections to one server, opened when they are needed and again when they are lost (FR23).
///
/// ```swift
/// let pool = ConnectionPool(to: try Endpoint("127.0.0.1:7420"))
/// let engine = EngineClient(pool)
/// ```
public final class ConnectionPool: Sendable {
  /// How a pool behaves.
  public struct Options: Sendable {
    /// The time that a call with a single answer may take when it does not say itself.
    public var defaultTimeout: Duration = .seconds(30)
    /// The time that one attempt to connect may take.
    public var connectTimeout: Duration = .seconds(5)
    /// The most connections for calls with a single answer.
    public var maximumConnections = 4
    /// The most calls at a time on a connection; servers allow 256.
    public var maximumCallsPerConnection = 256
    /// The most streams at a time; each has a connection of its own (FR25).
    public var maximumStreams = 256
    /// The most attempts for one call, connecting included.
    public var maximumAttempts = 4
    /// How long attempts go on, however many they are, after a server that was there was lost.
    ///
    /// It should cover a restart of the server, and never exceeds the call's own time.
    public var recoveryTime: Duration = .zero
    /// Whether a server that was never reached counts as lost, too.
    public var awaitsServer = false
    /// The most data in a frame from the server, in bytes.
    public var frameLimit = 4_194_304
    /// Pairs sent with every call, in front of the call's own.
    public var metadata: [Metadata.Element] = []
    /// The waits between attempts.
    package var backoff = Backoff()
    /// The options of the connections, as far as they are not said above.
    package var connection = RPCConnectionOptions()

    /// The usual behaviour.
    public init() {}
  }

  struct State {
    var shared: [RPCConnection] = []
    /// Connections of streams in progress.
    var streaming: [RPCConnection] = []
    /// Connections that wait for the next stream.
    var idle: [RPCConnection] = []
    /// Connections of streams in progress, idle ones and those being opened for streams.
    var streamConnections = 0
    var isConnecting = false
    /// Whether the server was ever reached.
    var hasConnected = false
    var waiters: [OneShot<RPCConnection>] = []
    var failures = 0
    var nextAttempt = NIODeadline.uptimeNanoseconds(0)
    var isClosed = false
  }

  let endpoint: Endpoint
  let options: Options
  let eventLoop: any EventLoop
  /// Runs tasks on the event loop of the pool's connections: cheapest for many small calls.
  ///
  /// Use it with `withTaskExecutorPreference`; what runs there must not block.
  package let executor: LoopExecutor
  let state = Mutex(State())
  static let maximumWaiters = 4_096

  /// A pool that connects when the first call is made.
  ///
  /// - Parameters:
  ///   - endpoint: Where the server listens.
  ///   - options: How it behaves.
  public convenience init(to endpoint: Endpoint, options: Options = Options()) {
    self.init(to: endpoint, options: options, on: MultiThreadedEventLoopGroup.singleton.next())
  }

  /// A pool on an event loop of one's own.
  ///
  /// - Parameters:
  ///   - endpoint: Where the server listens.
  ///   - options: How it behaves.
  ///   - eventLoop: Serves all connections of the pool.
  package init(to endpoint: Endpoint, options: Options, on eventLoop: any EventLoop) {
    self.endpoint = endpoint
    self.options = options
    self.eventLoop = eventLoop
    executor = LoopExecutor(eventLoop: eventLoop)
  }

  /// Closes the connections; calls in progress fail, and no further one can be made.
  public func close() async {
    let (connections, waiters) = state.withLock { state in
      state.isClosed = true
      defer {
        state.shared = []
        state.idle = []
        state.waiters = []
      }
      return (state.shared + state.idle + state.streaming, state.waiters)
    }
    for waiter in waiters { waiter.complete(.failure(Self.closed)) }
    for connection in connections { await connection.close() }
  }

  var connectionOptions: RPCConnectionOptions {
    var connection = options.connection
    connection.defaultTimeout = options.defaultTimeout
    connection.connectTimeout = options.connectTimeout
    connection.maximumCalls = options.maximumCallsPerConnection
    connection.frameLimit = options.frameLimit
    return connection
  }

  static var closed: BatonError {
    BatonError(.unavailable, "unavailable", "the connection pool is closed")
  }
  static var tooManyCalls: BatonError {
    BatonError(
      .resourceExhausted, "too_many_calls", "too many calls wait for the server",
      hint: "wait for answers before making more calls")
  }
}
