internal import BatonCore
internal import BatonStore
internal import Crypto
internal import Foundation

/// Ids that make calls safe to repeat (CT7).
enum RequestID {
  /// The key under which an answer is remembered; nil: the call brought no id.
  ///
  /// - Throws: INVALID_ARGUMENT `request_id_invalid`.
  static func key(
    _ id: String, _ namespace: String, _ method: String
  ) throws(BatonError) -> RequestKey? {
    guard !id.isEmpty else { return nil }
    guard id.utf8.count <= 128, id.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw BatonError(
        .invalidArgument, "request_id_invalid",
        "a request id has 1 to 128 printable ASCII characters")
    }
    return RequestKey(scope: "\(namespace)/\(method)", id: id)
  }

  /// A digest of a request's body; parts are separated by their lengths.
  static func hash(_ parts: [[UInt8]]) -> [UInt8] {
    var digest = SHA256()
    for part in parts {
      withUnsafeBytes(of: UInt64(part.count).littleEndian) { digest.update(bufferPointer: $0) }
      digest.update(data: part)
    }
    return Array(digest.finalize())
  }

  /// A map in a form that depends on its content alone.
  static func bytes(_ map: [String: String]) -> [UInt8] {
    TaskFiles.object(map)
  }
}
