extension BatonError.Reason {
  /// What is known about one reason: its code, its meaning and what to do about it.
  public struct Entry: Hashable, Sendable {
    /// The reason.
    public let reason: BatonError.Reason
    /// The code that always comes with it.
    public let code: BatonError.Code
    /// What the reason says, in one sentence.
    public let meaning: String
    /// What usually leads to it.
    public let cause: String
    /// What the caller can do.
    public let remedy: String

    init(
      _ reason: BatonError.Reason, _ code: BatonError.Code, _ meaning: String, cause: String,
      remedy: String
    ) {
      self.reason = reason
      self.code = code
      self.meaning = meaning
      self.cause = cause
      self.remedy = remedy
    }
  }

  /// The reasons of this version, each once.
  ///
  /// A newer server may answer others: they are known by their code.
  public static var entries: [Entry] { ReasonList.all }

  /// What is known about this reason; nil: it is not one of this version.
  public var entry: Entry? {
    ReasonList.all.first { $0.reason == self }
  }
}
