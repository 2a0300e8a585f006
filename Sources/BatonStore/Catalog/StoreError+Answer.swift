package import BatonCore

extension StoreError {
  /// What a call answers when the store has failed it (reliability R4).
  package var answer: BatonError {
    switch self {
    case .diskFull:
      BatonError(
        .resourceExhausted, "disk_full", "there is no room for the change; nothing was stored",
        hint: "free disk space and repeat the call", cause: self)
    case .readOnly:
      BatonError(
        .unavailable, "store_read_only", "the data directory is read-only; nothing was stored",
        hint: "make it writable and repeat the call", cause: self)
    case .overloaded:
      BatonError(
        .unavailable, "unavailable", "too many changes are waiting; nothing was stored",
        hint: "repeat the call after a moment", cause: self)
    case .failed, .closed:
      BatonError(
        .unavailable, "unavailable", "the store has stopped; nothing was stored", cause: self)
    case .connectionFailed:
      BatonError(
        .unavailable, "unavailable", "the store could not be read; nothing was stored",
        hint: "repeat the call after a moment", cause: self)
    case .statusChanged, .newerSchema, .damaged, .unreadable:
      BatonError(
        .internal, "internal", "the server could not complete the call; its log says why",
        cause: self)
    }
  }
}
