/// An enum of the contract: a number with a word, where numbers of later versions survive.
public protocol OpenEnum: RawRepresentable, Hashable, Sendable, CaseIterable
where RawValue == Int32 {
  /// A value by its number, known or not.
  init(rawValue: Int32)

  /// The bare word of the contract, `RUNNING`; nil for a number that this version does not know.
  var knownName: String? { get }
}

extension OpenEnum {
  /// The value with the number 0, which stands for absent.
  public init() { self.init(rawValue: 0) }

  /// The value with a bare word of the contract, such as `RUNNING`; nil for an unknown word.
  public init?(name: some StringProtocol) {
    guard let value = Self.allCases.first(where: { $0.knownName.map { $0 == name } ?? false })
    else { return nil }
    self = value
  }

  /// The bare word of the contract, `RUNNING`; the number of an unknown value.
  public var name: String { knownName ?? String(rawValue) }

  /// Whether this version knows the value.
  public var isKnown: Bool { knownName != nil }

  /// The value of a C enum, whatever type C gave it.
  init(truncatingIfNeeded number: some BinaryInteger) {
    self.init(rawValue: Int32(truncatingIfNeeded: number))
  }
}
