internal import BatonCore

/// Entries that the token did not take when a step was tried before, by attempt (T20).
struct Refusals: Sendable {
  /// Those that the attempt puts.
  var puts: [AttemptID: BatonError] = [:]
  /// Those that its node publishes (RE96).
  var published: [AttemptID: BatonError] = [:]
}

extension AttemptID {
  /// The item, whichever of its attempts of the pass is meant.
  var ofAnyAttempt: AttemptID {
    var id = self
    id.item?.attempt = 0
    return id
  }
}

/// Why a node could not be started; it becomes the reason of a FAILED attempt, never retried.
struct PreparationError: Error, Sendable {
  var reason: String
  var message: String

  static func tokenFileInvalid(_ message: String) -> PreparationError {
    PreparationError(reason: "token_file_invalid", message: message)
  }
}
