internal import Crypto

/// SHA-256 of a task credential: all that is stored, kept and compared of it (SR70, SR74).
struct CredentialDigest: Sendable {
  /// The first eight bytes, by which caches find it; they say nothing about the credential.
  let word0: UInt64
  private let word1: UInt64
  private let word2: UInt64
  private let word3: UInt64

  /// The digest of a credential's text.
  ///
  /// - Parameter text: The text of `BATON_TASK_TOKEN`, 43 characters of base64url.
  init(of text: Substring) {
    var hash = SHA256()
    let contiguous: Void? = text.utf8.withContiguousStorageIfAvailable {
      hash.update(bufferPointer: UnsafeRawBufferPointer($0))
    }
    if contiguous == nil { hash.update(data: Array(text.utf8)) }
    let words = hash.finalize().withUnsafeBytes { bytes in
      (
        bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
      )
    }
    (word0, word1, word2, word3) = words
  }

  /// The 32 bytes.
  var bytes: [UInt8] {
    [word0, word1, word2, word3].flatMap { word in withUnsafeBytes(of: word, Array.init) }
  }

  /// Whether two digests are equal; takes the same time whatever their bytes are (SR74).
  func matches(_ other: CredentialDigest) -> Bool {
    let difference =
      (word0 ^ other.word0) | (word1 ^ other.word1) | (word2 ^ other.word2) | (word3 ^ other.word3)
    return difference == 0
  }

  /// Whether stored bytes are this digest; takes the same time whatever the bytes are.
  func matches(_ stored: [UInt8]?) -> Bool {
    guard let stored, stored.count == 32 else { return false }
    var difference: UInt8 = 0
    for (own, other) in zip(bytes, stored) { difference |= own ^ other }
    return difference == 0
  }
}
