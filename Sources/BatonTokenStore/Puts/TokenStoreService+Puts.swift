internal import BatonCore
internal import BatonStore
internal import BatonWire

extension TokenStoreService {
  /// Serves a put: judged in the order of T20, answered when it is durable.
  func put(_ request: Wire.PutTokenRequest, _ call: UnaryCall<Wire.PutTokenResponse>) {
    do {
      guard case .task(let digest) = try CallIdentity.of(call.context) else {
        throw Self.onlyAttemptsPut
      }
      if let grant = grants.grant(of: digest) {
        submit(try unit(request, grant), digest, call)
        return
      }
      call.context.run { [self] in
        do {
          let grant = try await verifiedGrant(of: digest)
          submit(try unit(request, grant), digest, call)
        } catch {
          call.fail(answer(to: error, call.context))
        }
      }
    } catch {
      call.fail(answer(to: error, call.context))
    }
  }

  /// Checks 2 and 3 of T20.
  private func unit(
    _ request: Wire.PutTokenRequest, _ grant: TaskGrant
  ) throws(BatonError) -> TokenPutUnit {
    try grant.checkRun(request.run)
    try grant.checkAttempt(node: request.node, attempt: request.attempt)
    guard request.scope != .system else {
      throw BatonError(
        .permissionDenied, "scope_reserved", "only the platform puts into the SYSTEM scope")
    }
    return try TokenPutUnit(request, grant, options.limits)
  }

  private func submit(
    _ unit: TokenPutUnit, _ digest: CredentialDigest, _ call: UnaryCall<Wire.PutTokenResponse>
  ) {
    store.submit(
      { try unit.apply($0) },
      completion: { [self] result in
        switch result {
        case .success(let receipt):
          call.reply(
            Wire.PutTokenResponse(
              firstSeq: receipt.firstSeq, lastSeq: receipt.lastSeq,
              usedBytes: Int64(receipt.usedBytes), limitBytes: Int64(receipt.limitBytes)))
        case .failure(let error):
          let answer = answer(to: error, call.context)
          if answer.reason == "attempt_ended" { grants.forget(digest) }
          call.fail(answer)
        }
      })
  }

  private static var onlyAttemptsPut: BatonError {
    BatonError(
      .permissionDenied, "not_permitted", "only attempts put into the token of their run",
      hint: "Call from inside a node, with the credential in BATON_TASK_TOKEN.")
  }
}
