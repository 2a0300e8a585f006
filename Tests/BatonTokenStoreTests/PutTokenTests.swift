internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Testing

@Suite("PutToken")
struct PutTokenTests {
  @Test("TK-07: the empty value is a value, the empty key is none", arguments: StoreKind.allCases)
  func emptyTexts(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let first = try await fixture.put(a, ["k": ""])
      #expect(first.firstSeq == 1)
      #expect(try await fixture.get(run, "k").value == "")
      await refused(.invalidArgument, "token_key_invalid") { try await fixture.put(a, ["": "v"]) }
      #expect(try await fixture.put(a, ["x": "y"]).firstSeq == 2)
    }
  }

  @Test("TK-08: a key has at most 1024 bytes", arguments: StoreKind.allCases)
  func keySize(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let a = try await fixture.begin(try await fixture.run(), "A")
      try await fixture.put(a, [String(repeating: "k", count: 1024): "1"])
      await refused(.invalidArgument, "token_key_invalid") {
        try await fixture.put(a, [String(repeating: "k", count: 1025): "1"])
      }
    }
  }

  @Test("TK-09: control characters in keys and U+0000 are refused", arguments: StoreKind.allCases)
  func illegalText(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      await refused(.invalidArgument, "token_key_invalid") {
        try await fixture.put(a, ["ok": "1", "a\tb": "1"])
      }
      await refused(.invalidArgument, "invalid_text") { try await fixture.put(a, ["k": "\u{0}"]) }
      #expect(try await fixture.fromNode(run, "A").isEmpty)
    }
  }

  @Test("TK-10: a value has at most 1,048,576 bytes", arguments: StoreKind.allCases)
  func valueSize(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let a = try await fixture.begin(try await fixture.run(), "A")
      try await fixture.put(a, ["k": String(repeating: "v", count: 1_048_576)])
      await refused(.resourceExhausted, "token_value_too_large") {
        try await fixture.put(a, ["k": String(repeating: "v", count: 1_048_577)])
      }
    }
  }

  @Test("TK-11: a token may be exactly full", arguments: StoreKind.allCases)
  func exactlyFull(_ kind: StoreKind) async throws {
    let options = TokenStoreOptions(limits: TokenLimits(maximumBytes: 1_048_576))
    try await TokenFixture.with(kind, options: options) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let full = try await fixture.put(a, ["k": String(repeating: "v", count: 1_048_575)])
      #expect(full.usedBytes == 1_048_576)
      #expect(full.limitBytes == 1_048_576)
      await refused(.resourceExhausted, "token_full") { try await fixture.put(a, ["x": "y"]) }
      await refused(.notFound, "token_key_not_found") { _ = try await fixture.get(run, "x") }
      #expect(try await fixture.put(a, ["k": ""]).firstSeq == full.lastSeq + 1)
    }
  }

  @Test("TK-12: a replacement is charged its difference", arguments: StoreKind.allCases)
  func replacement(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let a = try await fixture.begin(try await fixture.run(), "A")
      let before = try await fixture.put(a, ["k": String(repeating: "v", count: 500_000)])
      let after = try await fixture.put(a, ["k": String(repeating: "v", count: 500_010)])
      #expect(after.usedBytes == before.usedBytes + 10)
    }
  }

  @Test("TK-13: a shorter value gives room to other nodes", arguments: StoreKind.allCases)
  func roomGivenBack(_ kind: StoreKind) async throws {
    let options = TokenStoreOptions(limits: TokenLimits(maximumBytes: 400_001))
    try await TokenFixture.with(kind, ["A", "B"], options: options) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let b = try await fixture.begin(run, "B")
      try await fixture.put(a, ["k": String(repeating: "v", count: 400_000)])
      try await fixture.put(a, ["k": "x"])
      try await fixture.put(b, ["b": String(repeating: "v", count: 399_000)])
    }
  }

  @Test("TK-14: a key counts once for each node", arguments: StoreKind.allCases)
  func perNode(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["A", "B"]) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let b = try await fixture.begin(run, "B")
      #expect(try await fixture.put(a, ["0123456789": ""]).usedBytes == 10)
      #expect(try await fixture.put(b, ["0123456789": ""]).usedBytes == 20)
    }
  }

  @Test("TK-15: a call is recorded whole or not at all", arguments: StoreKind.allCases)
  func atomic(_ kind: StoreKind) async throws {
    let options = TokenStoreOptions(limits: TokenLimits(maximumBytes: 10))
    try await TokenFixture.with(kind, options: options) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      do {
        try await fixture.put(a, ["a": "12345", "b": "12345"])
        Issue.record("not refused")
      } catch let error as BatonError {
        #expect(error.reason == "token_full")
        #expect(error.message.contains("\"b\"") && error.message.contains("A"))
        #expect(error.message.contains("10") && !error.message.contains("12345"))
      }
      #expect(try await fixture.fromNode(run, "A").isEmpty)
    }
  }

  @Test("TK-16: a call has 1 to 1000 entries", arguments: StoreKind.allCases)
  func entryCount(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let a = try await fixture.begin(try await fixture.run(), "A")
      func request(_ count: Int) -> Wire.PutTokenRequest {
        Wire.PutTokenRequest(entries: (0..<count).map { .init(key: "k\($0)", value: "") })
      }
      let answer = try await fixture.put(request(1000), as: a.credential)
      #expect(answer.firstSeq == 1 && answer.lastSeq == 1000)
      for count in [0, 1001] {
        await refused(.invalidArgument, "token_entries_invalid") {
          try await fixture.put(request(count), as: a.credential)
        }
      }
    }
  }

  @Test("T19: a key may occur several times; the last counts", arguments: StoreKind.allCases)
  func repeatedKey(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let answer = try await fixture.put(a, ["k": "1", "k": "2", "j": "3"])
      #expect(answer.lastSeq == 3 && answer.usedBytes == 4)
      #expect(try await fixture.fromNode(run, "A") == ["k=2", "j=3"])
    }
  }

  @Test("TK-28: a request id makes a put safe to repeat", arguments: StoreKind.allCases)
  func requestID(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["x": "1", "y": "2", "z": "3"])
      let first = try await fixture.put(a, ["k": "1"], requestID: "r")
      #expect(first.firstSeq == 4)
      #expect(try await fixture.put(a, ["k": "1"], requestID: "r") == first)
      await refused(.alreadyExists, "request_id_reused") {
        try await fixture.put(a, ["k": "2"], requestID: "r")
      }
      // T23: also after the end; and other attempts have request ids of their own.
      try await fixture.end(a)
      #expect(try await fixture.put(a, ["k": "1"], requestID: "r") == first)
      await refused(.permissionDenied, "attempt_ended") {
        try await fixture.put(a, ["k": "1"], requestID: "s")
      }
      let b = try await fixture.begin(run, "B")
      #expect(try await fixture.put(b, ["k": "2"], requestID: "r").firstSeq == 5)
      #expect(try await fixture.list(run, "k") == ["A:1", "B:2"])
    }
  }

  @Test("T23: a refused put is not remembered", arguments: StoreKind.allCases)
  func refusedPut(_ kind: StoreKind) async throws {
    let options = TokenStoreOptions(limits: TokenLimits(maximumBytes: 10))
    try await TokenFixture.with(kind, options: options) { fixture in
      let a = try await fixture.begin(try await fixture.run(), "A")
      await refused(.resourceExhausted, "token_full") {
        try await fixture.put(a, ["k": "0123456789"], requestID: "r")
      }
      #expect(try await fixture.put(a, ["k": "1"], requestID: "r").firstSeq == 1)
      for id in [String(repeating: "i", count: 129), "\u{e9}", "a\nb"] {
        await refused(.invalidArgument, "request_id_invalid") {
          try await fixture.put(a, ["k": "1"], requestID: id)
        }
      }
    }
  }
}
