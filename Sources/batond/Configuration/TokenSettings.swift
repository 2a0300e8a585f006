internal import ArgumentParser
internal import BatonCore

/// What tokens may hold, as the options of a server give it; nil: not given there (T25).
struct TokenSettingOptions: ParsableArguments {
  @Option(
    name: .customLong("token-max-value-bytes"), help: "Bytes of one value, at most 3145728.")
  var maximumValueBytes: String?

  @Option(
    name: .customLong("token-max-bytes"),
    help: "Bytes of keys and values of a token; 0 refuses every put that makes it grow.")
  var maximumBytes: String?

  @Option(
    name: .customLong("token-history-max-bytes"),
    help: "Bytes of keys and values of all puts of a run; ten times the token unless given.")
  var maximumHistoryBytes: String?

  @Option(name: .customLong("token-history-max-puts"), help: "Puts of a run.")
  var maximumHistoryPuts: String?
}

extension Configuration {
  /// The greatest limit of one value: what fits a frame of 4 MiB with its key (T19, T25).
  private static let greatestValueBytes = 3 * 1_048_576
  /// A bound that nobody passes, below which sums of limits do not overflow.
  private static let greatestBytes = 1 << 50

  /// What tokens may hold (T25).
  ///
  /// - Throws: ``StartupFailure`` for what is no number or out of range.
  func checkedTokenLimits() throws -> TokenLimits {
    let bytes = try number(.tokenMaxBytes, 0...Self.greatestBytes)
    let history =
      text(.tokenHistoryMaxBytes).isEmpty
      ? 10 * bytes : try number(.tokenHistoryMaxBytes, 0...10 * Self.greatestBytes)
    return TokenLimits(
      maximumValueBytes: try number(.tokenMaxValueBytes, 0...Self.greatestValueBytes),
      maximumBytes: bytes, maximumHistoryBytes: history,
      maximumHistoryPuts: try number(.tokenHistoryMaxPuts, 0...Self.greatestBytes))
  }

  private func number(_ setting: Setting, _ range: ClosedRange<Int>) throws -> Int {
    guard let value = Int(text(setting)) else {
      throw invalid(
        setting, "`\(text(setting))` is no number", "give a whole number, without a unit")
    }
    guard range.contains(value) else {
      throw invalid(
        setting, "\(value) is out of range",
        "give a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
