internal import Crypto
internal import Foundation

/// The credential of one attempt: 32 random bytes, shown once as `BATON_TASK_TOKEN` (SR70).
struct TaskCredential: Sendable {
  /// The 32 bytes in base64url without padding: 43 characters.
  let text: String
  /// SHA-256 of the text; all that is stored.
  let hash: [UInt8]

  /// A new credential from the system's random generator.
  init() {
    let key = SymmetricKey(size: .bits256)
    let encoded = key.withUnsafeBytes { Data($0).base64EncodedString() }
    text = encoded.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    hash = Array(SHA256.hash(data: Data(text.utf8)))
  }
}
