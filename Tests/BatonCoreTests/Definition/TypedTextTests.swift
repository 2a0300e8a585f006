import BatonCore
import Testing

@Suite struct TypedTextTests {
  @Test(
    "TK-41 the bool getter takes true and false in any case, nothing else",
    arguments: [
      ("1", nil), ("yes", nil), ("TRUE", true), ("", nil), ("false", false), ("fAlSe", false),
      (" true", nil), ("true\n", nil), ("ſalse", nil), ("tr", nil),
    ] as [(String, Bool?)])
  func bool(text: String, expected: Bool?) {
    #expect(TypedText.bool(text) == expected)
  }

  @Test(
    "TK-42 the int64 getter takes canonical decimals in range, nothing else",
    arguments: [
      ("2147483648", 2_147_483_648), (" 5", nil), ("+5", nil), ("1.0", nil),
      ("9223372036854775808", nil), ("9223372036854775807", .max),
      ("-9223372036854775808", .min), ("-9223372036854775809", nil), ("0", 0), ("-0", 0),
      ("00", nil), ("05", nil), ("-05", nil), ("", nil), ("-", nil), ("5 ", nil), ("0x10", nil),
      ("1_000", nil), ("٣", nil),
    ] as [(String, Int64?)])
  func int64(text: String, expected: Int64?) {
    #expect(TypedText.int64(text) == expected)
  }

  @Test(
    "T46 the double getter takes the number grammar of JSON",
    arguments: [
      ("0.1", 0.1), ("-1.5e3", -1500), ("1E-2", 0.01), ("10", 10), ("1e21", 1e21), ("-0", 0),
      (".5", nil), ("5.", nil), ("01", nil), ("+1", nil), ("1e", nil), ("0x1p3", nil),
      ("nan", nil), ("inf", nil), ("Infinity", nil), ("1e999", nil), ("", nil), ("1 ", nil),
    ] as [(String, Double?)])
  func double(text: String, expected: Double?) {
    #expect(TypedText.double(text) == expected)
  }

  @Test("TK-43 the double setter writes text that reads back equal and refuses NaN")
  func doubleSetter() {
    #expect(TypedText.text(Double.nan) == nil)
    #expect(TypedText.text(Double.infinity) == nil)
    #expect(TypedText.text(-Double.infinity) == nil)
    #expect(TypedText.text(0.1) == "0.1")
    #expect(TypedText.text(1.0) == "1")
    let values = [
      1e21, 1e22, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3, 123_456_789.5,
      1e16, 4_503_599_627_370_497.5,
    ]
    for value in values {
      let text = TypedText.text(value)
      #expect(text.flatMap(TypedText.double) == value, "\(value)")
    }
  }

  @Test("T46 the setters of bool and int64 write canonical text")
  func setters() {
    #expect(TypedText.text(true) == "true")
    #expect(TypedText.text(false) == "false")
    #expect(TypedText.text(Int64.min) == "-9223372036854775808")
  }
}
