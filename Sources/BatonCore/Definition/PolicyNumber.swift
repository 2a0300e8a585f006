/// What the number of a policy may be, written in the file or given by a template (RE90–RE105).
package struct PolicyNumber<Value: Comparable & Codable & Hashable & Sendable>: Sendable {
  /// The field, such as `retry.delay`.
  package let name: String
  package let range: ClosedRange<Value>
  /// What the text must be, as in "must give a duration of 0s..365d".
  private let form: String
  private let read: @Sendable (String) -> Value?

  fileprivate init(
    _ name: String, _ range: ClosedRange<Value>, _ form: String,
    read: @escaping @Sendable (String) -> Value?
  ) {
    self.name = name
    self.range = range
    self.form = form
    self.read = read
  }

  /// The number that the text of a template gives.
  ///
  /// - Throws: `policy_invalid`, naming the template, never the text, which may be secret (RE16).
  package func value(
    of text: String, from template: Template
  ) throws(PolicyFailure) -> Value {
    guard let value = read(text), range.contains(value) else {
      throw PolicyFailure("`\(name)`: `\(template.source)` must give \(form)")
    }
    return value
  }
}

/// The numbers of policies.
package enum PolicyNumbers {
  package static let timeout = duration("timeout", atLeast: 100)
  package static let nodeTimeout = duration("node_timeout", atLeast: 100)
  package static let stopGrace = duration("stop_grace")
  package static let waitBefore = duration("wait_before")
  package static let waitAfter = duration("wait_after")
  package static let attempts = integer("retry.attempts", 1...100)
  package static let delay = duration("retry.delay")
  package static let backoff = number("retry.backoff", 1...10)
  package static let maxDelay = duration("retry.max_delay")
  package static let jitter = number("retry.jitter", 0...1)
  package static let itemConcurrency = integer("for_each.concurrency", 1...1000)

  /// Milliseconds, at most 365 days.
  private static func duration(
    _ name: String, atLeast minimum: Int64 = 0
  ) -> PolicyNumber<Int64> {
    let least = DurationText.text(milliseconds: minimum)
    return PolicyNumber(
      name, minimum...DurationText.maximumMilliseconds, "a duration of \(least)..365d",
      read: DurationText.milliseconds)
  }

  private static func integer(_ name: String, _ range: ClosedRange<Int>) -> PolicyNumber<Int> {
    PolicyNumber(name, range, "an integer of \(range.lowerBound)..\(range.upperBound)") { text in
      TypedText.int64(text).flatMap(Int.init(exactly:))
    }
  }

  private static func number(
    _ name: String, _ range: ClosedRange<Double>
  ) -> PolicyNumber<Double> {
    let bounds = [range.lowerBound, range.upperBound].compactMap { TypedText.text($0) }
    return PolicyNumber(
      name, range, "a number of \(bounds.joined(separator: ".."))", read: TypedText.double)
  }
}

/// A policy that has no legal value or no result: reason `policy_invalid`, never retried.
package struct PolicyFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package static let reason = "policy_invalid"

  /// One sentence without its full stop.
  package let message: String

  package init(_ message: String) {
    self.message = message
  }

  /// An expression without a result.
  ///
  /// - Parameters:
  ///   - field: The policy, such as `retry.break_on`.
  ///   - failure: Why there is no result.
  package init(_ field: String, _ failure: ConditionFailure) {
    message = "`\(field)`: \(failure.message)"
  }

  package var description: String { message }
}

extension Templated where Value: Comparable {
  /// Reads the template, if there is one.
  ///
  /// - Parameters:
  ///   - number: What it may be.
  ///   - text: Gives the text of a template.
  /// - Returns: The number as a literal.
  /// - Throws: `PolicyFailure`, and what `text` throws.
  package func resolved(
    _ number: PolicyNumber<Value>, _ text: (Template) throws -> String
  ) throws -> Templated {
    guard let template else { return self }
    return .literal(try number.value(of: text(template), from: template))
  }
}
