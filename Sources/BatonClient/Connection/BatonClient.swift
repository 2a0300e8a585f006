public import BatonWire

/// A connection to a Baton server: deploys applications, triggers and watches runs, reads tokens.
///
/// ```swift
/// try await withBatonClient(address: "127.0.0.1:7600") { client in
///   try await client.deploy(file)
///   let run = try await client.trigger(WorkflowID("campaign/PurchaseWorkflow"))
///   let end = try await run.waitForEnd()
///   print(end.status, try await run.token().string("branch"))
/// }
/// ```
///
/// Calls throw ``BatonError`` with the code and reason that the server answered; any call may throw
/// `unavailable`, `deadline_exceeded`, `unauthenticated` and `not_permitted`. Cancelling the task
/// cancels the call on the server and throws `CancellationError`.
public struct BatonClient: Sendable {
  /// The version of this library.
  public static let version = "0.1.0"

  /// The namespace of what is named without one.
  public let namespace: String

  /// What carries the calls: the way to methods that this library does not wrap, with the messages
  /// of the contract as they are (`Wire.EngineClient(client.caller)`).
  public let caller: any Caller

  let streams: ResumableStream

  /// A client over something that carries calls, such as an in-process server.
  ///
  /// - Parameters:
  ///   - caller: What carries the calls; the client does not close it.
  ///   - options: Namespace, deadline and identity.
  public init(caller: any Caller, options: ClientOptions = ClientOptions()) {
    namespace = options.namespace
    streams = ResumableStream(options)
    self.caller = OptionsCaller(base: caller, options: options)
  }

  var engine: Wire.EngineClient { Wire.EngineClient(caller) }
  var tokenStore: Wire.TokenStoreClient { Wire.TokenStoreClient(caller) }
  var session: Wire.SessionClient { Wire.SessionClient(caller) }
  var workers: Wire.WorkersClient { Wire.WorkersClient(caller) }
  var operations: Wire.OperationsClient { Wire.OperationsClient(caller) }
}
