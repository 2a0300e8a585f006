internal import BatonWire

/// Ids that make mutating calls safe to repeat (CT7).
enum RequestID {
  /// A fresh id: 128 random bits in hexadecimal.
  static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    return hex(generator.next()) + hex(generator.next())
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

extension CallOptions {
  /// For a request that carries an id, so that a lost connection does no harm (FR23).
  static let withRequestID = CallOptions(carriesRequestID: true)
}
