internal import BatonCore
internal import BatonStore

/// What a start took for granted when it read the token: that no ancestor would put meanwhile.
///
/// Only an ancestor that still runs can (`join: any` or N). Its put may be committed after the
/// templates were rendered and before the start is: the view of the attempt would then hold more
/// than its templates saw (T10), so the step is done again.
struct ViewGuard: Sendable {
  /// The run of the start.
  let run: RunID
  /// The newest put that was seen.
  let seq: UInt64
  /// Ancestors that run.
  let sources: Set<String>

  /// Puts that are looked through; with more than that the step is done again without a look.
  private static let maximumPuts = 1000

  /// Whether an ancestor has put since the token was read; asked within the unit of the start.
  func isBroken(_ reader: any TokenReads) throws -> Bool {
    guard let account = try reader.tokenAccount(of: run), account.lastSeq > seq else {
      return false
    }
    let puts = try reader.tokenPuts(
      of: run, TokenPutQuery(after: seq, limit: Self.maximumPuts))
    return puts.count == Self.maximumPuts || puts.contains { sources.contains($0.node) }
  }
}
