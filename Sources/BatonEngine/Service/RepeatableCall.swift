internal import BatonCore
internal import BatonStore
internal import BatonWire
internal import Crypto

/// A request that its id makes safe to repeat (CT7).
protocol RepeatableRequest: Message {
  var requestID: String { get set }
  /// The request without its id and without what may differ from repeat to repeat.
  var body: Self { get }
}

extension RepeatableRequest {
  var body: Self {
    var body = self
    body.requestID = ""
    return body
  }
}

extension Wire.DeployApplicationRequest: RepeatableRequest {}
extension Wire.DeleteApplicationRequest: RepeatableRequest {}
extension Wire.SuspendRunRequest: RepeatableRequest {}
extension Wire.ResumeRunRequest: RepeatableRequest {}
extension Wire.StopRunRequest: RepeatableRequest {}
extension Wire.BatchStartRequest: RepeatableRequest {}
extension Wire.PruneRequest: RepeatableRequest {}

extension Wire.TriggerPipelineRequest: RepeatableRequest {
  /// A repeat may bring a fresh token (SR44).
  var body: Self {
    var body = self
    body.requestID = ""
    body.token = ""
    return body
  }
}

/// A call that brought a request id: its first answer is kept, and given to every repeat.
///
/// Every mutating call looks its id up after its form and the run it names were checked, within
/// the unit that carries it out, before anything else is judged.
struct RepeatableCall: Sendable {
  /// The metadata key in which a client may send the id instead of the field.
  private static let metadataKey = "baton-request-id"
  private static let maximumBytes = 128

  let key: RequestKey
  let bodyHash: [UInt8]

  /// Nil: the call brought no id.
  ///
  /// - Throws: INVALID_ARGUMENT `request_id_invalid`.
  init?<Request: RepeatableRequest>(
    _ request: Request, in namespace: String, _ context: any ServerContext
  ) throws(BatonError) {
    let id = try Self.id(of: request, context)
    guard !id.isEmpty else { return nil }
    let method = context.method
    let caller = Self.caller(context.identity)
    key = RequestKey(
      scope: "\(method.service)/\(method.method)/\(namespace)/\(caller)", id: id)
    bodyHash = Self.hash(request.body)
  }

  /// That of a call with the credential of an attempt; nil: the call brought no id.
  ///
  /// - Throws: INVALID_ARGUMENT `request_id_invalid`.
  init?<Request: RepeatableRequest>(
    _ request: Request, of attempt: AttemptID, _ context: any ServerContext
  ) throws(BatonError) {
    let id = try Self.id(of: request, context)
    guard !id.isEmpty else { return nil }
    let method = context.method
    key = RequestKey(scope: "\(method.service)/\(method.method)/\(attempt)", id: id)
    bodyHash = Self.hash(request.body)
  }

  /// The id that a call brought, in its request or its metadata; empty: none.
  ///
  /// - Throws: INVALID_ARGUMENT `request_id_invalid`.
  static func checkedID<Request: RepeatableRequest>(
    of request: Request, _ context: any ServerContext
  ) throws(BatonError) -> String {
    try id(of: request, context)
  }

  /// Checks the form of the id of a call that is not to be remembered.
  ///
  /// - Throws: INVALID_ARGUMENT `request_id_invalid`.
  static func check<Request: RepeatableRequest>(
    _ request: Request, _ context: any ServerContext
  ) throws(BatonError) {
    _ = try id(of: request, context)
  }

  /// What the first call was answered; nil: this is the first.
  ///
  /// - Throws: ALREADY_EXISTS `request_id_reused` when it had another body.
  func firstAnswer<Response: Message>(
    _ type: Response.Type = Response.self, _ log: any RequestLog
  ) throws -> Response? {
    guard let answer = try log.answer(of: key, bodyHash: bodyHash) else { return nil }
    return try Response(encoded: answer)
  }

  /// Keeps the answer of an accepted call.
  func remember<Response: Message>(_ response: Response, _ log: any RequestLog) throws {
    try log.remember(key, bodyHash: bodyHash, answer: response.encoded)
  }

  private static func id<Request: RepeatableRequest>(
    of request: Request, _ context: any ServerContext
  ) throws(BatonError) -> String {
    let given = context.metadata[metadataKey] ?? ""
    guard given.isEmpty || request.requestID.isEmpty || given == request.requestID else {
      throw BatonError(
        .invalidArgument, "request_id_invalid",
        "the request has another request id than its metadata", hint: "give it once")
    }
    let id = given.isEmpty ? request.requestID : given
    try check(id)
    return id
  }

  /// - Throws: INVALID_ARGUMENT `request_id_invalid`.
  static func check(_ id: String) throws(BatonError) {
    guard id.utf8.count <= maximumBytes, id.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw BatonError(
        .invalidArgument, "request_id_invalid",
        "a request id has 1 to \(maximumBytes) printable ASCII characters")
    }
  }

  /// A digest of what an id stands for.
  static func hash<Body: Message>(_ body: Body) -> [UInt8] {
    Array(SHA256.hash(data: body.encoded))
  }

  /// Who calls, as far as request ids go: without identities, all callers are one (SR52).
  private static func caller(_ identity: CallIdentity) -> String {
    identity.name.hasPrefix("anonymous@") ? "" : identity.name
  }
}
