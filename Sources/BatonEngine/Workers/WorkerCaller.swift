internal import BatonCore
internal import BatonWire
internal import Crypto

/// Who calls `Workers`: the one place in this service where that is decided (SR60).
///
/// In this version whoever shows no task credential may open queues; roles come with
/// authentication, and belong here.
enum WorkerCaller {
  /// Checks that a call may open a queue.
  ///
  /// - Throws: PERMISSION_DENIED `not_permitted` for an attempt (SR71).
  static func checkWorker(_ context: any ServerContext) throws(BatonError) {
    guard credential(context) == nil else {
      throw BatonError(
        .permissionDenied, "not_permitted", "an attempt does not open queues",
        hint: "Call without the credential of a task.")
    }
  }

  /// The SHA-256 of the credential that a call shows.
  ///
  /// - Throws: PERMISSION_DENIED `not_permitted` for a call without one; UNAUTHENTICATED
  ///   `unauthenticated` for one that can be none.
  static func credentialHash(_ context: any ServerContext) throws(BatonError) -> [UInt8] {
    guard let credential = credential(context) else {
      throw BatonError(
        .permissionDenied, "not_permitted", "only the worker that leased an attempt speaks for it",
        hint: "Send metadata `authorization: Task` with the assignment's task_token.")
    }
    guard credential.utf8.count == 43 else { throw unknownCredential }
    return Array(SHA256.hash(data: Array(credential.utf8)))
  }

  /// Whether two digests are equal; takes the same time whatever their bytes are (SR74).
  static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
  }

  static var unknownCredential: BatonError {
    BatonError(
      .unauthenticated, "unauthenticated", "no attempt has this task credential",
      hint: "Workers find it in the assignment.")
  }

  static var otherLease: BatonError {
    BatonError(
      .permissionDenied, "not_permitted", "the task credential is for its own lease only")
  }

  /// What follows the scheme `Task`, in any letter case.
  private static func credential(_ context: any ServerContext) -> Substring? {
    guard let value = context.metadata["authorization"] else { return nil }
    let scheme = value.utf8.prefix(5)
    guard scheme.count == 5, scheme.elementsEqual("task ".utf8, by: { $0 | 0x20 == $1 }) else {
      return nil
    }
    return value[scheme.endIndex...]
  }
}
