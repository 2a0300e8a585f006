/// The outcome of a call that did not succeed.
///
/// It crosses the wire as a status code and a message that begins with the reason:
/// `run_not_found: no run 0198… in default`, and after one LF the remedy, where there is one.
/// The list of reasons is part of the public contract.
public struct BatonError: Error, Sendable {
  /// The class of the failure; decides whether a retry may help and the exit code of the CLI.
  public var code: Code
  /// The stable word for the failure, such as `run_not_found`.
  public var reason: Reason
  /// One sentence that says what is wrong, with the names and sizes concerned, never a secret.
  public var message: String
  /// What the caller can do about it.
  public var hint: String?
  /// What led to this error, on this side of the wire only.
  public var cause: (any Error)?

  /// An error with its code, its reason and a sentence.
  public init(
    _ code: Code, _ reason: Reason, _ message: String, hint: String? = nil,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.reason = reason
    self.message = message
    self.hint = hint
    self.cause = cause
  }
}

extension BatonError {
  /// A status code; the numbers are those of gRPC.
  public struct Code: Hashable, Sendable, RawRepresentable {
    /// The number that crosses the wire.
    public var rawValue: Int32
    /// The code with a number, which may be one that this version does not know.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// The call was given up.
    public static let cancelled = Code(rawValue: 1)
    /// The failure has no code of its own.
    public static let unknown = Code(rawValue: 2)
    /// The request is wrong, whatever the state of the server.
    public static let invalidArgument = Code(rawValue: 3)
    /// The time allowed for the call is over.
    public static let deadlineExceeded = Code(rawValue: 4)
    /// What the request names does not exist.
    public static let notFound = Code(rawValue: 5)
    /// What the request would make exists.
    public static let alreadyExists = Code(rawValue: 6)
    /// The caller is known, but may not do this.
    public static let permissionDenied = Code(rawValue: 7)
    /// A limit is reached.
    public static let resourceExhausted = Code(rawValue: 8)
    /// The state of what the request names does not allow it.
    public static let failedPrecondition = Code(rawValue: 9)
    /// Something changed meanwhile: read again, then repeat.
    public static let aborted = Code(rawValue: 10)
    /// The server does not have the method.
    public static let unimplemented = Code(rawValue: 12)
    /// The server failed for a reason of its own.
    public static let `internal` = Code(rawValue: 13)
    /// The server cannot work now; a repeat may help.
    public static let unavailable = Code(rawValue: 14)
    /// The caller has no valid identity.
    public static let unauthenticated = Code(rawValue: 16)

    /// The code's upper-case name, such as `NOT_FOUND`; `CODE_n` for an unknown number.
    public var name: String {
      switch self {
      case .cancelled: "CANCELLED"
      case .unknown: "UNKNOWN"
      case .invalidArgument: "INVALID_ARGUMENT"
      case .deadlineExceeded: "DEADLINE_EXCEEDED"
      case .notFound: "NOT_FOUND"
      case .alreadyExists: "ALREADY_EXISTS"
      case .permissionDenied: "PERMISSION_DENIED"
      case .resourceExhausted: "RESOURCE_EXHAUSTED"
      case .failedPrecondition: "FAILED_PRECONDITION"
      case .aborted: "ABORTED"
      case .unimplemented: "UNIMPLEMENTED"
      case .internal: "INTERNAL"
      case .unavailable: "UNAVAILABLE"
      case .unauthenticated: "UNAUTHENTICATED"
      default: "CODE_\(rawValue)"
      }
    }
  }

  /// The stable word for a failure.
  public struct Reason: Hashable, Sendable, RawRepresentable, ExpressibleByStringLiteral {
    /// The word, `run_not_found`.
    public var rawValue: String
    /// A reason by its word, which may be one that this version does not know.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// A reason by its word.
    public init(stringLiteral value: String) { rawValue = value }
  }
}

extension BatonError: CustomStringConvertible {
  /// `reason: sentence`, and the remedy on a line of its own.
  public var description: String {
    let text = "\(reason.rawValue): \(message)"
    guard let hint else { return text }
    return "\(text)\n\(hint)"
  }

  /// The error that a status message of the wire stands for.
  ///
  /// - Parameters:
  ///   - code: The status code received.
  ///   - text: The status message; one without a reason in front gets the code's own word.
  package init(code: Code, wireMessage text: String) {
    let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let first = lines.first.map(String.init) ?? ""
    let hint = lines.count > 1 ? String(lines[1]) : nil
    if let colon = first.firstIndex(of: ":"), Self.isReason(first[..<colon]) {
      let sentence = first[first.index(after: colon)...].drop { $0 == " " }
      self.init(code, Reason(rawValue: String(first[..<colon])), String(sentence), hint: hint)
    } else {
      self.init(code, Reason(rawValue: code.name.lowercased()), first, hint: hint)
    }
  }

  private static func isReason(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
