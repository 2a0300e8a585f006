/// The identity of a run: a UUID of version 7, whose text sorts by creation time.
///
/// The text form is 36 lower-case characters, `019a5e0c-7b1e-7c3a-9f00-1d2e3f405162`.
public struct RunID: Hashable, Sendable {
  /// The first eight bytes: 48 bits of milliseconds since 1970, the version, 12 bits of sequence.
  package let high: UInt64
  /// The last eight bytes: the variant and 62 random bits.
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Makes an id for a moment.
  ///
  /// - Parameters:
  ///   - milliseconds: Milliseconds since 1970 UTC; the lowest 48 bits are used.
  ///   - sequence: Distinguishes and orders ids of one millisecond; the lowest 12 bits are used.
  ///   - random: Random bits; the lowest 62 are used.
  package init(milliseconds: Int64, sequence: UInt16, random: UInt64) {
    let time = UInt64(truncatingIfNeeded: milliseconds) & 0xFFFF_FFFF_FFFF
    high = time << 16 | 0x7000 | UInt64(sequence & 0x0FFF)
    low = 0x8000_0000_0000_0000 | (random & 0x3FFF_FFFF_FFFF_FFFF)
  }

  /// The id written as text, or nil when the text is not a UUID of version 7.
  public init?(_ text: String) {
    var high: UInt64 = 0
    var low: UInt64 = 0
    var digits = 0
    var position = 0
    for byte in text.utf8 {
      if position == 8 || position == 13 || position == 18 || position == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
      } else {
        guard let value = Self.hexValue(byte), digits < 32 else { return nil }
        if digits < 16 { high = high << 4 | value } else { low = low << 4 | value }
        digits += 1
      }
      position += 1
    }
    guard position == 36, (high >> 12) & 0xF == 7, low >> 62 == 2 else { return nil }
    self.high = high
    self.low = low
  }

  /// Milliseconds since 1970 UTC at which the id was made.
  public var milliseconds: Int64 { Int64(high >> 16) }

  private static func hexValue(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}

extension RunID: Comparable {
  /// Whether the left run was made before the right one.
  public static func < (left: RunID, right: RunID) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }
}

extension RunID: CustomStringConvertible {
  /// The 36 characters of the id.
  public var description: String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var position = 0
      for index in 0..<32 {
        if index == 8 || index == 12 || index == 16 || index == 20 {
          buffer[position] = UInt8(ascii: "-")
          position += 1
        }
        let word = index < 16 ? high : low
        let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index % 16))) & 0xF
        buffer[position] = nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
        position += 1
      }
      return 36
    }
  }
}

extension RunID: Codable {
  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let id = RunID(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not a run id"))
    }
    self = id
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
