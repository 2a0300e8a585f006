internal import BatonCore
internal import BatonStore

/// How failures of the store are answered (reliability R4).
enum StoreFailure {
  /// The error of the call: itself when it is a rule's answer, else what the store's state means.
  static func answer(_ error: any Error) -> any Error {
    guard let error = error as? StoreError else { return error }
    switch error {
    case .diskFull:
      return BatonError(
        .resourceExhausted, "disk_full", "there is no room for the change; nothing was stored",
        hint: "free disk space and repeat the call", cause: error)
    case .readOnly:
      return BatonError(
        .unavailable, "store_read_only", "the data directory is read-only; nothing was stored",
        cause: error)
    case .overloaded:
      return BatonError(
        .unavailable, "unavailable", "too many changes are waiting; nothing was stored",
        hint: "repeat the call after a moment", cause: error)
    case .failed, .closed:
      return BatonError(
        .unavailable, "unavailable", "the store has stopped; nothing was stored", cause: error)
    case .statusChanged, .newerSchema, .damaged:
      return BatonError(
        .internal, "internal", "the server could not complete the call; its log says why",
        cause: error)
    }
  }
}
