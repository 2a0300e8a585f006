import BatonWire
import NIOCore

/// Messages encoded by the official Python runtime (protobuf 3.21), as hex.
enum Fixture {
  static let getToken =
    "0a210a0764656661756c741205656d61696c1a076e696768746c7922066578742d31371a0c726f77732e6772c3b6"
    + "c39f652002"
  static let ping = "0a040001ff00"
  static let attempt =
    "08ffffffff0f1004180120032a0c657869745f6e6f6e7a65726f5880f4c4b7823360ffffffffffffffffff016800"
    + "7a0268318a0105080138ac029a01120805120173180220f9ffffffffffffffff019a0100ba01066d656d6f7279"
    + "ba0100ba0103637075c00101ca0100d00164"
  static let attemptWithSignal = "08017009"
  static let scheduleInfo =
    "0a016e28ffffffffffffffffff013a0d0a001209656d707479206b65793a060a01611201313a060a01621201323a"
    + "0b0a076e6f76616c7565120050035a0e08025a0301030278808080808020"
  static let durations =
    "080211355800662deb41fe188080808080808080800120ffffffffffffffff7f2a0808321a01611a0162"
  static let planAttempt = "0a0172320a00017f8001ffffffff0f"
  static let stopWithZero = "100018ffffffffffffffffff012001"
  static let stopWithout = "2801"
}

/// The bytes that hex digits stand for.
func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
  return stride(from: 0, to: digits.count - 1, by: 2).map { position in
    UInt8(digits[position] * 16 + digits[position + 1])
  }
}

func decode<Value: Message>(
  _ bytes: [UInt8], as type: Value.Type = Value.self, limits: DecodingLimits = .standard
) throws -> Value {
  try Value(payload: ByteBuffer(bytes: bytes), limits: limits)
}

func encode(_ message: some Message) -> [UInt8] {
  Array(message.serialized().readableBytesView)
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
