internal import BatonCore
internal import BatonStore
internal import BatonWire

/// One put call whose form is right: what the commit queue does for it.
struct TokenPutUnit: Sendable {
  let grant: TaskGrant
  let batch: TokenPutBatch
  let limits: TokenLimits
  /// The request id of the call with the hash of its body; nil: it has none.
  let request: (key: RequestKey, bodyHash: [UInt8])?

  /// A unit of work for a request.
  ///
  /// - Throws: INVALID_ARGUMENT with the reasons of check 3 of T20, `token_scope_invalid`,
  ///   `request_id_invalid`.
  init(
    _ request: Wire.PutTokenRequest, _ grant: TaskGrant, _ limits: TokenLimits
  ) throws(BatonError) {
    try grant.checkRunID(request.run)
    let scope = try TokenScope(request.scope)
    try TokenForm.checkCount(request.entries.count)
    var entries: [TokenPutBatch.Entry] = []
    entries.reserveCapacity(request.entries.count)
    for (index, entry) in request.entries.enumerated() {
      try TokenText.check(key: entry.key, value: entry.value, index: index)
      entries.append(TokenPutBatch.Entry(scope: scope, key: entry.key, value: entry.value))
    }
    self.grant = grant
    self.limits = limits
    batch = TokenPutBatch(source: grant.attempt, entries: entries)
    if grant.attempt.item != nil { try TokenForm.check(batch.entries) }
    self.request =
      request.requestID.isEmpty
      ? nil : try Self.requestKey(request.requestID, grant, PutAnswer.bodyHash(entries))
  }

  private static func requestKey(
    _ id: String, _ grant: TaskGrant, _ bodyHash: [UInt8]
  ) throws(BatonError) -> (key: RequestKey, bodyHash: [UInt8]) {
    guard id.utf8.count <= 128, id.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw BatonError(
        .invalidArgument, "request_id_invalid",
        "a request id has 1 to 128 printable ASCII characters")
    }
    return (RequestKey(putOf: grant.attempt, id: id), bodyHash)
  }

  /// Checks 4 to 8 of T20, in this order, and the put.
  func apply(_ writer: any StoreWriter) throws -> TokenReceipt {
    let isAlive = try grant.isAlive(writer)
    if let request,
      let known = try writer.answer(of: request.key, bodyHash: request.bodyHash)
    {
      guard let receipt = PutAnswer.decode(known) else {
        throw StoreError.unreadable("the answer remembered for a put of \(grant.attempt)")
      }
      return receipt
    }
    guard isAlive else { throw grant.ended }
    let receipt = try writer.putToken(batch, limits: limits, exempt: false)
    if let request {
      try writer.remember(
        request.key, bodyHash: request.bodyHash, answer: PutAnswer.encode(receipt))
    }
    return receipt
  }
}
