import BatonCore
import BatonWire
import NIOCore
import Testing

@Suite("WI-11, FR17: hostile bytes")
struct HostileBytesTests {
  private func refusal<Value: Message>(
    _ bytes: [UInt8], as type: Value.Type, limits: DecodingLimits = .standard
  ) -> String? {
    do {
      _ = try decode(bytes, as: type, limits: limits)
      return nil
    } catch let error as BatonError {
      let isCostly = error.reason == "message_too_costly"
      #expect(error.code == (isCostly ? .resourceExhausted : .invalidArgument))
      return error.reason.rawValue
    } catch {
      return "not a BatonError: \(error)"
    }
  }

  @Test(
    "ill-formed texts are invalid_text",
    arguments: [
      "1a0100", "1a03610062", "1a0180", "1a02c080", "1a01c3", "1a03eda080", "1a04f4908080",
      "1a01ff", "0a030a0100", "0a030a01ff", "1a0a61616161616161616100", "1a096161616161616161ff",
    ])
  func texts(hex: String) {
    #expect(refusal(bytes(hex), as: Wire.GetTokenRequest.self) == "invalid_text")
  }

  @Test("texts in maps and in repeated fields are checked, too")
  func textsInside() {
    #expect(
      refusal(bytes("3a060a0100120131"), as: Wire.TriggeringScheduleInfo.self) == "invalid_text")
    #expect(
      refusal(bytes("3a060a01611201ff"), as: Wire.TriggeringScheduleInfo.self) == "invalid_text")
    #expect(refusal(bytes("ba0101ff"), as: Wire.AttemptRecord.self) == "invalid_text")
  }

  @Test(
    "ill-formed messages are malformed_message",
    arguments: [
      "0a", "1a05", "1a0561", "ff", "00", "0001", "0b", "0c", "1b1c", "2080",
      "20ffffffffffffffffffffff01", "1800", "1d01020304", "0801", "0a02", "0a010a",
      "9a80808080808080808001", "1affffffffffffffff7f", "1affffffff0f61",
    ])
  func malformed(hex: String) {
    #expect(refusal(bytes(hex), as: Wire.GetTokenRequest.self) == "malformed_message")
  }

  @Test("packed numbers that do not end are malformed_message")
  func packed() {
    for hex in ["320180", "32020180", "3205"] {
      #expect(refusal(bytes(hex), as: Wire.PlanAttempt.self) == "malformed_message")
    }
  }

  @Test("a message cut off at any byte is refused or is a shorter message, and is never read on")
  func truncated() {
    for hex in [Fixture.attempt, Fixture.scheduleInfo, Fixture.getToken] {
      let whole = bytes(hex)
      for length in 0..<whole.count {
        let part = Array(whole[..<length])
        for reason in [
          refusal(part, as: Wire.AttemptRecord.self),
          refusal(part, as: Wire.TriggeringScheduleInfo.self),
          refusal(part, as: Wire.GetTokenRequest.self),
        ] {
          #expect(
            reason == nil || reason == "malformed_message" || reason == "invalid_text",
            "\(length) bytes of \(hex)")
        }
      }
    }
  }

  @Test("nesting beyond the limit is message_too_deep")
  func depth() {
    let request = bytes(Fixture.getToken)
    let shallow = DecodingLimits(maximumDepth: 1)
    #expect(refusal(request, as: Wire.GetTokenRequest.self, limits: shallow) == "message_too_deep")
    let enough = DecodingLimits(maximumDepth: 2)
    #expect(refusal(request, as: Wire.GetTokenRequest.self, limits: enough) == nil)
  }

  @Test("4 MiB of nested lengths are refused")
  func nestedLengths() {
    var content: [UInt8] = []
    for _ in 0..<1_000 {
      var length = content.count
      var head: [UInt8] = [0x0a]
      while length >= 0x80 {
        head.append(UInt8(length & 0x7f) | 0x80)
        length >>= 7
      }
      head.append(UInt8(length))
      content = head + content
    }
    #expect(refusal(content, as: Wire.GetTokenRequest.self) == "invalid_text")
    #expect(refusal(content, as: Wire.ListTokensResponse.self) == "invalid_text")
  }

  @Test("4 MiB of empty sub-messages are message_too_costly")
  func emptySubMessages() {
    let frame = Array(repeatElement([0x0a, 0x00] as [UInt8], count: 2_097_152).joined())
    #expect(refusal(frame, as: Wire.ListTokensResponse.self) == "message_too_costly")
    #expect(refusal(frame, as: Wire.GetTokenRequest.self) == "message_too_costly")
  }

  @Test("4 MiB of merged sub-messages, of empty texts, of unknown fields cost no more")
  func otherCosts() {
    // plan { attempts {} }, 1,048,576 times: each merge would copy all attempts before.
    let merged = Array(repeatElement(bytes("12021a00"), count: 1_048_576).joined())
    #expect(refusal(merged, as: Wire.ResumeRunResponse.self) == "message_too_costly")
    let texts = Array(repeatElement(bytes("ba0100"), count: 1_398_101).joined())
    #expect(refusal(texts, as: Wire.AttemptRecord.self) == "message_too_costly")
    let unknown = Array(repeatElement(bytes("7801"), count: 2_097_152).joined())
    #expect(refusal(unknown, as: Wire.GetTokenRequest.self) == "message_too_costly")
  }

  @Test("merging within the budget stays correct, beyond it is message_too_costly")
  func mergeBudget() throws {
    let part = bytes("12021a00")
    let few = Array(repeatElement(part, count: 50).joined())
    #expect(try decode(few, as: Wire.ResumeRunResponse.self).plan?.attempts.count == 50)
    let tight = DecodingLimits(memoryFactor: 0, memoryBase: 8_000)
    #expect(
      refusal(few, as: Wire.ResumeRunResponse.self, limits: tight) == "message_too_costly")
  }

  @Test("WI-06: one text of nearly 4 MiB, and a full page of small entries, are accepted")
  func largeButHonest() throws {
    let text = Wire.GetTokenRequest(key: String(repeating: "ä", count: 2_097_000))
    #expect(try decode(encode(text)) == text)
    let entries = (0..<30_000).map { number in
      Wire.TokenEntry(key: "rows.\(number)", node: "load", value: "\(number)", seq: UInt64(number))
    }
    let page = Wire.ListTokensResponse(keys: [.init(key: "rows", entries: entries)])
    #expect(try decode(encode(page)) == page)
  }

  @Test("random bytes and damaged messages never crash; what is accepted survives a round trip")
  func random() throws {
    var numbers = SeededNumbers(state: 20_260_101)
    let originals = [Fixture.attempt, Fixture.scheduleInfo].map { bytes($0) }
    for round in 0..<20_000 {
      var input = originals[round % 2]
      if round % 5 == 0 {
        input = (0..<Int.random(in: 0...40, using: &numbers)).map { _ in
          UInt8.random(in: 0...255, using: &numbers)
        }
      } else {
        for _ in 0...Int.random(in: 0...3, using: &numbers) {
          let position = Int.random(in: 0..<input.count, using: &numbers)
          input[position] = UInt8.random(in: 0...255, using: &numbers)
        }
      }
      try survive(input, as: Wire.AttemptRecord.self)
      try survive(input, as: Wire.TriggeringScheduleInfo.self)
      try survive(input, as: Wire.GetTokenRequest.self)
    }
  }

  private func survive<Value: Message & Equatable>(
    _ input: [UInt8], as type: Value.Type
  ) throws {
    guard let value = try? decode(input, as: type) else { return }
    #expect(try decode(encode(value)) == value)
  }
}
