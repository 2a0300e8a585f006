import BatonCore
import Testing

/// The `conf` of triggers (SR2, SR12).
@Suite struct TriggerConfTests {
  @Test(
    "members become arguments, numbers as they are written",
    arguments: [
      (#"{}"#, []),
      (#" { } "#, []),
      (#"{"a":"x y","b":""}"#, ["a=x y", "b="]),
      (
        #"{"n": 1.50e+3 ,"z":-0,"big":12345678901234567890123}"#,
        ["n=1.50e+3", "z=-0", "big=12345678901234567890123"]
      ),
      (#"{"t":true,"f" : false,"u":null}"#, ["t=true", "f=false", "u=null"]),
      (
        #"{"job": {"output folder" : "/o p", "list":[ 1 , [ ] , { } ]}}"#,
        [#"job={"output folder":"/o p","list":[1,[],{}]}"#]
      ),
      (#"{"a":["\u00fc", "\/" ]}"#, [#"a=["\u00fc","\/"]"#]),
      (#"{"\u00fc":"\u00fc\ud83d\ude00\n"}"#, ["ü=ü😀\n"]),
    ] as [(String, [String])])
  func members(text: String, expected: [String]) throws {
    let conf = try TriggerConf(text)
    #expect(conf.members.map { "\($0.name)=\($0.value)" } == expected)
  }

  @Test(
    "SE-19 and other texts that are no acceptable object, with the place of the fault",
    arguments: [
      ("{", 1), ("[]", 0), ("5", 0), ("null", 0), (" ", 1), ("\"a\"", 0),
      (#"{"a":NaN}"#, 5), (#"{"a":Infinity}"#, 5), (#"{"a":-Infinity}"#, 6),
      (#"{"a":1,}"#, 7), (#"{"a":1}x"#, 7), (#"{"a":1} {}"#, 8), (#"{"a" 1}"#, 5),
      (#"{"a":01}"#, 6), (#"{"a":.5}"#, 5), (#"{"a":1.}"#, 7), (#"{"a":1e}"#, 7), (#"{"a":+1}"#, 5),
      (#"{'a':1}"#, 1), (#"{a:1}"#, 1), (#"{"a":"x}"#, 8), (#"{"a":tru}"#, 5),
      (#"{"a":"\ud800"}"#, 6), (#"{"a":"\udc00x"}"#, 6), (#"{"a":"\x"}"#, 6),
      ("{\"a\":\"\n\"}", 6), ("\u{FEFF}{}", 0), ("{\"a\":1}\u{0}", 7),
      (#"{"a":1,"a":2}"#, 7), (#"{"a":1,"\u0061":2}"#, 7), (#"{"x":{"b":1,"b":1}}"#, 12),
      (#"{"a":[1,]}"#, 8), (#"{"a":[1 2]}"#, 8), (#"{"a":{"b":1]}"#, 11),
    ] as [(String, Int)])
  func refused(text: String, offset: Int) {
    let error = #expect(throws: BatonError.self) { try TriggerConf(text) }
    #expect(error?.reason == "conf_invalid" && error?.code == .invalidArgument)
    #expect(error?.message.contains("at byte \(offset):") == true, "\(error?.message ?? "")")
  }

  @Test("names are compared by their code points: two ways to write ü are two names")
  func normalisation() throws {
    let conf = try TriggerConf("{\"\u{FC}\":1,\"u\u{308}\":2}")
    #expect(conf.members.map(\.value) == ["1", "2"])
  }

  @Test("bounds of size, depth and numbers")
  func bounds() throws {
    func nested(_ depth: Int) -> String {
      "{\"a\":" + String(repeating: "[", count: depth - 1)
        + String(repeating: "]", count: depth - 1) + "}"
    }
    #expect(try TriggerConf(nested(64)).members.count == 1)
    let deep = #expect(throws: BatonError.self) { try TriggerConf(nested(65)) }
    #expect(deep?.message.contains("at byte 68:") == true)

    let digits = String(repeating: "9", count: 1000)
    #expect(try TriggerConf("{\"a\":\(digits)}").members.first?.value == digits)
    let long = #expect(throws: BatonError.self) { try TriggerConf("{\"a\":\(digits)9}") }
    #expect(long?.message.contains("at byte 5:") == true)

    let room = TriggerConf.maximumBytes - #"{"a":""}"#.utf8.count
    let full = String(repeating: "x", count: room)
    #expect(try TriggerConf("{\"a\":\"\(full)\"}").members.first?.value == full)
    let large = #expect(throws: BatonError.self) { try TriggerConf("{\"a\":\"\(full)x\"}") }
    #expect(large?.message.contains("at byte \(TriggerConf.maximumBytes):") == true)
  }
}
