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
    var text = text
    let halves = text.withUTF8 { Self.halves(UnsafeRawBufferPointer($0)) }
    guard let (high, low) = halves, (high >> 12) & 0xF == 7, low >> 62 == 2 else { return nil }
    self.high = high
    self.low = low
  }

  /// Milliseconds since 1970 UTC at which the id was made.
  public var milliseconds: Int64 { Int64(high >> 16) }

  private static func halves(_ text: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64)? {
    let dash = UInt8(ascii: "-")
    guard
      text.count == 36, text[8] == dash, text[13] == dash, text[18] == dash, text[23] == dash,
      let a = hexadecimal(text, 0, 8), let b = hexadecimal(text, 9, 4),
      let c = hexadecimal(text, 14, 4), let d = hexadecimal(text, 19, 4),
      let e = hexadecimal(text, 24, 12)
    else { return nil }
    return (a << 32 | b << 16 | c, d << 48 | e)
  }

  /// The number that a range of bytes writes in hexadecimal.
  @inline(__always)
  private static func hexadecimal(
    _ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int
  ) -> UInt64? {
    var number: UInt64 = 0
    var isLegal = true
    for position in start..<start + count {
      let byte = text[position]
      let digit = byte &- UInt8(ascii: "0")
      let letter = (byte | 0x20) &- UInt8(ascii: "a")
      isLegal = isLegal && (digit < 10 || letter < 6)
      number = number << 4 | UInt64(digit < 10 ? digit : letter &+ 10)
    }
    return isLegal ? number : nil
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
