import BatonCore
import BatonWire
import NIOCore
import Testing

@Suite("messages against bytes of the official runtime")
struct RoundTripTests {
  private func check<Value: Message & Equatable>(_ hex: String, _ expected: Value) throws {
    #expect(try decode(bytes(hex)) == expected)
    #expect(encode(expected) == bytes(hex))
  }

  @Test("texts, a sub-message and an enum")
  func texts() throws {
    try check(
      Fixture.getToken,
      Wire.GetTokenRequest(
        run: .init(
          namespace: "default", application: "email", workflow: "nightly", runID: "ext-17"),
        key: "rows.größe", scope: .system))
  }

  @Test("bytes keep zeros")
  func bytesField() throws {
    try check(Fixture.ping, Wire.PingRequest(data: [0, 1, 255, 0]))
  }

  @Test("every kind of field of an attempt, with a choice that is zero")
  func attempt() throws {
    let expected = Wire.AttemptRecord(
      attempt: .max, cause: .rerun, chain: 1, status: .failed, reason: "exit_nonzero",
      started: 1_753_000_000_000, ended: -1, exitChoice: .exitCode(0), host: "h1",
      items: .init(pending: 1, kept: 300),
      late: [.init(time: 5, sender: "s", outcome: .completed, exitCode: -7), .init()],
      limitsUnenforced: ["memory", "", "cpu"], predecessorUnproven: true, exportMissing: [""],
      progress: 100)
    try check(Fixture.attempt, expected)
  }

  @Test("the other case of a choice")
  func otherCase() throws {
    try check(
      Fixture.attemptWithSignal, Wire.AttemptRecord(attempt: 1, exitChoice: .signal(9)))
  }

  @Test("maps and repeated enums; an entry without key or value has empty ones")
  func maps() throws {
    let expected = Wire.TriggeringScheduleInfo(
      name: "n", generation: .max,
      properties: ["b": "2", "a": "1", "": "empty key", "novalue": ""], chainDepth: 3,
      triggerInfos: [
        .init(
          type: .programStatus, programStatuses: [.completed, .killed, .failed],
          eventNumber: 1 << 40)
      ])
    #expect(try decode(bytes(Fixture.scheduleInfo)) == expected)
    #expect(try decode(encode(expected)) == expected)
  }

  @Test("equal maps have equal encodings, keys ascending by bytes")
  func mapOrder() {
    var info = Wire.TriggeringScheduleInfo()
    for key in ["b", "a", "ä", "Z", "aa"] { info.properties[key] = "v" }
    let expected = ["5a", "61", "6161", "62", "c3a4"].map { key in
      let length = key.count / 2
      return "3a0\(length + 5)0a0\(length)\(key)120176"
    }
    #expect(encode(info) == bytes(expected.joined()))
  }

  @Test("of a repeated map key the last value counts")
  func repeatedKey() throws {
    let info: Wire.TriggeringScheduleInfo = try decode(
      bytes("3a060a0161120131" + "3a060a0161120132"))
    #expect(info.properties == ["a": "2"])
  }

  @Test("floating point numbers and the ends of int64")
  func numbers() throws {
    try check(
      Fixture.durations,
      Wire.DurationStatistics(
        count: 2, meanMs: -1.5e300, minMs: .min, maxMs: .max,
        percentiles: [.init(percentile: 50, runIDs: ["a", "b"])]))
  }

  @Test("packed numbers, also where they come one by one")
  func packed() throws {
    let expected = Wire.PlanAttempt(runID: "r", items: [0, 1, 127, 128, .max])
    try check(Fixture.planAttempt, expected)
    #expect(try decode(bytes("3005320206073008"), as: Wire.PlanAttempt.self).items == [5, 6, 7, 8])
  }

  @Test("a choice of one field is optional: zero is not absent (CT3)")
  func optional() throws {
    try check(
      Fixture.stopWithZero, Wire.StopRunRequest(graceMs: 0, timeoutMs: -1, missingOk: true))
    try check(Fixture.stopWithout, Wire.StopRunRequest(force: true))
    #expect(try decode(bytes(Fixture.stopWithout), as: Wire.StopRunRequest.self).graceMs == nil)
  }

  @Test("an empty message is no bytes")
  func empty() throws {
    try check("", Wire.AttemptRecord())
    try check("", Wire.GetServerInfoRequest())
  }

  @Test("an empty sub-message is not absent")
  func emptySubMessage() throws {
    try check("0a00", Wire.GetTokenRequest(run: .init()))
  }

  @Test("unknown fields are skipped, whatever their form")
  func unknownFields() throws {
    let known = "1a0161"
    for unknown in ["f80701", "fd0701020304", "f9070102030405060708", "fa0703616263", "fa0700"] {
      #expect(
        try decode(bytes(unknown + known + unknown)) == Wire.GetTokenRequest(key: "a"),
        "\(unknown)")
    }
  }

  @Test("unknown enum numbers survive, negative ones too")
  func unknownEnumNumber() throws {
    for hex in ["20e807", "20ffffffffffffffffff01"] {
      let request: Wire.GetTokenRequest = try decode(bytes(hex))
      #expect(!request.scope.isKnown)
      #expect(encode(request) == bytes(hex))
    }
  }

  @Test("parts of a sub-message are merged; of a number and of a choice the last counts")
  func merging() throws {
    let request: Wire.GetTokenRequest = try decode(
      bytes("0a030a0161" + "0a03120162" + "0a030a0163" + "1a0178" + "1a0179"))
    #expect(request.run == .init(namespace: "c", application: "b"))
    #expect(request.key == "y")
    let attempt: Wire.AttemptRecord = try decode(bytes("68017002"))
    #expect(attempt.exitChoice == .signal(2))
  }

  @Test("a text with U+0000 is refused by who receives it, neither cut off nor changed")
  func zeroInText() throws {
    let request = Wire.GetTokenRequest(key: "a\0b")
    let error = #expect(throws: BatonError.self) {
      try decode(encode(request)) as Wire.GetTokenRequest
    }
    #expect(error?.reason == "invalid_text")
  }

  @Test("the prefix is called once with the exact size, before the bytes")
  func prefix() {
    let request = Wire.GetTokenRequest(key: String(repeating: "k", count: 5_000))
    var buffer = ByteBuffer()
    request.serialize(into: &buffer) { size, buffer in buffer.writeInteger(UInt32(size)) }
    #expect(buffer.readInteger(as: UInt32.self) == 5_003)
    #expect(buffer.readableBytes == 5_003)
  }

  @Test("texts of every length around the word and block sizes")
  func lengths() throws {
    for length in Array(0...70) + [1_000, 1_023, 1_024, 1_025, 8_191, 8_192, 100_000] {
      let text = String(repeating: "x", count: length)
      let request = Wire.GetTokenRequest(run: .init(runID: text), key: text)
      #expect(try decode(encode(request)) == request, "\(length)")
    }
  }
}
