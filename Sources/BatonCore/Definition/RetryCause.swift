/// An element of `retry.on`: failures that are repeated (RE92).
///
/// It is stored as its text.
package enum RetryCause: Hashable, Sendable {
  /// `75`, `64-78`: `exit_nonzero` with one of these exit codes, 1..255.
  case exitCode(ClosedRange<Int>)
  /// `exit`, `timeout` and so on: reasons that the word stands for.
  case word(OutcomeReason.Retry)

  /// Reads an element; nil: it is none.
  package init?(_ text: String) {
    if let word = OutcomeReason.Retry(rawValue: text) {
      self = .word(word)
      return
    }
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false)
      .map { TypedText.int64(String($0)) }
    guard bounds.count <= 2, let first = bounds.first ?? nil, let last = bounds.last ?? nil,
      first >= 1, last <= 255, first <= last
    else { return nil }
    self = .exitCode(Int(first)...Int(last))
  }

  /// Judges an attempt that FAILED.
  ///
  /// - Parameters:
  ///   - reason: The reason of the attempt.
  ///   - exitCode: Its exit code, when it had one.
  /// - Returns: Whether this element has it repeated.
  package func matches(reason: String, exitCode: Int?) -> Bool {
    switch self {
    case .word(let word): OutcomeReason.retryWord(of: reason) == word
    case .exitCode(let codes):
      OutcomeReason.retryWord(of: reason) == .exit && exitCode.map(codes.contains) == true
    }
  }
}

extension RetryCause: CustomStringConvertible {
  package var description: String {
    switch self {
    case .word(let word): word.rawValue
    case .exitCode(let codes):
      codes.count == 1
        ? "\(codes.lowerBound)" : "\(codes.lowerBound)-\(codes.upperBound)"
    }
  }
}

extension RetryCause: Comparable {
  /// Exit codes ascending, then words.
  package static func < (left: RetryCause, right: RetryCause) -> Bool {
    switch (left, right) {
    case (.exitCode(let left), .exitCode(let right)):
      (left.lowerBound, left.upperBound) < (right.lowerBound, right.upperBound)
    case (.exitCode, .word): true
    case (.word, .exitCode): false
    case (.word(let left), .word(let right)): left.rawValue < right.rawValue
    }
  }
}

extension RetryCause: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let cause = RetryCause(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "`\(text)` is no element of `retry.on`")
    }
    self = cause
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension RetryPolicy {
  /// Judges an attempt that FAILED; `break_on` and the number of attempts are another matter.
  ///
  /// - Parameters:
  ///   - reason: The reason of the attempt.
  ///   - exitCode: Its exit code, when it had one.
  /// - Returns: Whether such a failure may be repeated (RE92, contract: reasons).
  package func repeats(reason: String, exitCode: Int?) -> Bool {
    guard OutcomeReason.isRetried(reason) else { return false }
    return on?.contains { $0.matches(reason: reason, exitCode: exitCode) } ?? true
  }
}
