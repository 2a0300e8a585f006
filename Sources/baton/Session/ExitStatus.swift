package import BatonClient

/// How the process ends (C10).
package enum ExitStatus: Int32, Sendable {
  case done = 0
  /// The thing asked about failed.
  case failed = 1
  case usage = 2
  /// INVALID_ARGUMENT, FAILED_PRECONDITION, ALREADY_EXISTS, ABORTED.
  case refused = 3
  case notFound = 4
  /// UNAVAILABLE, DEADLINE_EXCEEDED.
  case unavailable = 5
  /// UNAUTHENTICATED, PERMISSION_DENIED.
  case notPermitted = 6
  case exhausted = 7
  case other = 8

  /// The status for the code of an error.
  package init(_ code: BatonError.Code) {
    self =
      switch code {
      case .invalidArgument, .failedPrecondition, .alreadyExists, .aborted: .refused
      case .notFound: .notFound
      case .unavailable, .deadlineExceeded: .unavailable
      case .unauthenticated, .permissionDenied: .notPermitted
      case .resourceExhausted: .exhausted
      default: .other
      }
  }

  /// The status for the end of a run that was waited for.
  package init(endOf status: RunStatus) {
    self = status == .completed ? .done : .failed
  }
}

/// Ends a command with a status and nothing more to say.
struct CommandEnd: Error {
  var status: ExitStatus
}
