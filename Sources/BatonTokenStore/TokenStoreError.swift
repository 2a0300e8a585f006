internal import BatonCore
internal import BatonStore
internal import BatonWire

extension BatonError {
  /// What a call answers when an operation on the store has failed.
  init(storeFailure error: any Error) {
    guard let failure = error as? StoreError else {
      self.init(anyError: error)
      return
    }
    switch failure {
    case .diskFull:
      self.init(
        .resourceExhausted, "disk_full", "the device of the store has no room left", cause: error)
    case .readOnly:
      self.init(
        .unavailable, "store_read_only", "the store can be read only at present", cause: error)
    case .failed, .closed, .overloaded:
      self.init(
        .unavailable, "unavailable", "the store cannot take the call now", hint: "Try again.",
        cause: error)
    case .statusChanged, .newerSchema, .damaged:
      self.init(
        .internal, "internal", "the server could not complete the call; its log says why",
        cause: error)
    }
  }
}
