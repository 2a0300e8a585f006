internal import BatonCore
internal import BatonStore
internal import BatonWire

extension TokenStoreService {
  /// What a task credential allows, from memory or from the store.
  ///
  /// - Throws: UNAUTHENTICATED `unauthenticated` when no attempt has the credential.
  func verifiedGrant(of digest: CredentialDigest) async throws -> TaskGrant {
    if let known = grants.grant(of: digest) { return known }
    let grant = try await store.readAsync { reader -> TaskGrant? in
      guard let attempt = try reader.attempt(credentialHash: digest.bytes),
        digest.matches(attempt.credentialHash), let run = try reader.run(attempt.id.run)
      else { return nil }
      return TaskGrant(attempt: attempt.id, run: run.header)
    }
    guard let grant else { throw CallIdentity.unknownCredential }
    grants.keep(grant, of: digest)
    return grant
  }
}
