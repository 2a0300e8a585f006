internal import BatonCore
package import BatonWire
internal import NIOCore
internal import Synchronization

/// Carries calls to services of the same process.
///
/// Messages are encoded and decoded, deadlines, cancellation, metadata, limits and back-pressure
/// are those of a connection; only sockets and frames are missing. It serves while ``run()`` runs.
package final class InProcessTransport: Sendable {
  /// What a transport allows.
  package struct Options: Sendable {
    /// The time that a call with a single response may take when it does not say itself.
    package var defaultTimeout: Duration = .seconds(30)
    /// The most calls at a time.
    package var maximumActiveCalls = 4_096
    /// What is kept of a stream that its reader has not taken yet.
    package var streamLimits = StreamLimits()
    /// The most bytes of an encoded message.
    package var messageLimit = 4_194_304
    /// The bounds for decoding answers.
    package var decodingLimits = DecodingLimits.standard

    package init() {}
  }

  let options: Options
  let children = ChildTasks()
  private let services: [String: [String: DispatchTable.Entry]]
  private let authenticator: any Authenticator
  private let timekeeper: Timekeeper
  private let calls = Mutex<[ObjectIdentifier: InProcessCall]>([:])
  private let isDraining = Atomic<Bool>(false)
  let peer = PeerInfo(address: "in-process")

  /// A transport that serves while it is run.
  ///
  /// - Parameters:
  ///   - services: What can be called.
  ///   - options: What it allows.
  ///   - authenticator: Finds out who calls.
  ///   - clock: Tells the time for deadlines.
  package init<C: Clock>(
    services: [ServiceDefinition], options: Options = Options(),
    authenticator: any Authenticator = AnonymousAuthenticator(), clock: C = ContinuousClock()
  ) where C.Duration == Duration {
    self.options = options
    self.authenticator = authenticator
    self.services = Dictionary(
      services.map { service in
        let entry = { DispatchTable.Entry(service: service.name, handler: $0) }
        return (service.name, service.methods.mapValues(entry))
      }, uniquingKeysWith: { first, _ in first })
    timekeeper = Timekeeper(clock: clock, children: children)
  }

  /// Runs what the services start for calls, until it is cancelled or ``close()`` is called.
  package func run() async {
    await children.run()
    close()
  }

  /// Ends all calls with `draining` and refuses further ones.
  package func close() {
    isDraining.store(true, ordering: .sequentiallyConsistent)
    for call in calls.withLock({ Array($0.values) }) { call.fail(ServerCore.draining) }
    children.close(cancelling: true)
  }

  /// Calls that wait for their answers.
  package var activeCalls: Int { calls.withLock { $0.count } }

  // MARK: Calls

  /// Starts a call of a service.
  ///
  /// - Throws: what keeps it from being started, as a server would answer it.
  func start(
    _ method: MethodDescriptor, _ payload: ByteBuffer, _ options: CallOptions,
    timeout: Duration?
  ) throws -> InProcessCall {
    try Metadata.check(options.metadata)
    guard payload.readableBytes <= self.options.messageLimit else {
      throw InProcessCall.tooLarge("frame_too_large", payload.readableBytes, self.options)
    }
    guard let entry = services[method.service]?[method.method] else {
      throw BatonError(
        .unimplemented, "unknown_method",
        "the server has no method \(method.service)/\(method.method)")
    }
    if let timeout, timeout <= .zero { throw RPCConnection.deadlineExceeded }
    guard !isDraining.load(ordering: .sequentiallyConsistent) else { throw ServerCore.draining }
    let metadata = Metadata(
      options.metadata.map { .init(key: Metadata.normalizedKey($0.key), value: $0.value) })
    let identity = try authenticator.identity(
      metadata: metadata, connection: authenticator.identity(of: peer),
      method: entry.handler.descriptor,
      peer: peer)
    let call = InProcessCall(
      transport: self, entry: entry, metadata: metadata, identity: identity,
      deadline: timeout.map { timekeeper.now + $0 }, timekeeper: timekeeper)
    let isAdmitted = calls.withLock { calls in
      guard calls.count < self.options.maximumActiveCalls else { return false }
      calls[ObjectIdentifier(call)] = call
      return true
    }
    guard isAdmitted else {
      throw BatonError(
        .resourceExhausted, "too_many_calls",
        "\(self.options.maximumActiveCalls) calls are in progress", hint: "wait for answers")
    }
    call.start(payload)
    if !call.hasEnded, let deadline = call.deadline { timekeeper.watch(call, until: deadline) }
    return call
  }

  func ended(_ call: InProcessCall) {
    _ = calls.withLock { $0.removeValue(forKey: ObjectIdentifier(call)) }
    if call.deadline != nil { timekeeper.forget(call) }
  }
}
