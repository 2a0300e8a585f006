internal import BatonCore
internal import BatonWire

/// Who calls the token store (T36).
enum TokenCaller: Sendable {
  /// A user who may read, from every viewpoint.
  case reader
  /// Who shows the credential of an attempt.
  case task(CredentialDigest)
}

extension CallIdentity {
  /// Decides who makes a call: the one place in this service where that is done (SR60).
  ///
  /// In this version whoever shows no task credential is a reader; roles come with
  /// authentication, and belong here.
  ///
  /// - Throws: UNAUTHENTICATED `unauthenticated` for a task credential that can be none.
  static func of(_ context: any ServerContext) throws(BatonError) -> TokenCaller {
    let pairs = context.metadata.elements
    if pairs.isEmpty { return .reader }
    for pair in pairs where pair.key == "authorization" {
      guard let credential = taskCredential(pair.value) else { return .reader }
      guard credential.utf8.count == 43 else { throw unknownCredential }
      return .task(CredentialDigest(of: credential))
    }
    return .reader
  }

  /// The answer to a credential that was given to no attempt.
  static var unknownCredential: BatonError {
    BatonError(
      .unauthenticated, "unauthenticated", "no attempt has this task credential",
      hint: "Programs of a node find theirs in BATON_TASK_TOKEN.")
  }

  /// What follows the scheme `Task`, in any letter case; nil: another scheme.
  private static func taskCredential(_ value: String) -> Substring? {
    let scheme = value.utf8.prefix(5)
    guard scheme.count == 5, scheme.elementsEqual("task ".utf8, by: { $0 | 0x20 == $1 }) else {
      return nil
    }
    return value[scheme.endIndex...]
  }
}
