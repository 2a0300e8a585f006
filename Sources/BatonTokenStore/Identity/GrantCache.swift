internal import Synchronization

/// What credentials allow, kept while they are in use, found by their digests.
final class GrantCache: Sendable {
  private struct Known {
    var digest: CredentialDigest
    var grant: TaskGrant
  }

  private let known = Mutex<[UInt64: Known]>([:])
  private let capacity: Int

  /// - Parameter capacity: The most grants to keep.
  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The grant of a credential; nil: not kept.
  func grant(of digest: CredentialDigest) -> TaskGrant? {
    known.withLock { known in
      guard let found = known[digest.word0], found.digest.matches(digest) else { return nil }
      return found.grant
    }
  }

  /// Keeps the grant of a verified credential.
  func keep(_ grant: TaskGrant, of digest: CredentialDigest) {
    known.withLock { known in
      if known.count >= capacity { known.removeAll(keepingCapacity: true) }
      known[digest.word0] = Known(digest: digest, grant: grant)
    }
  }

  /// Lets the grant of a credential go, because its attempt has ended.
  func forget(_ digest: CredentialDigest) {
    known.withLock { known in
      if let found = known[digest.word0], found.digest.matches(digest) {
        known[digest.word0] = nil
      }
    }
  }
}
