import BatonCore
import Testing

@Suite("Token account")
struct TokenAccountTests {
  /// An account with the entries that it counts.
  private struct Book {
    var account = TokenAccount()
    var entries: [String: [TokenKey: TokenAccount.Present]] = [:]
    var limits = TokenLimits()

    mutating func put(
      _ node: String, _ entries: KeyValuePairs<String, String>, attempt: Int = 1,
      exempt: Bool = false
    ) throws -> TokenAccount.Admission {
      let batch = TokenPutBatch(
        source: AttemptID(
          run: RunID(milliseconds: 0, sequence: 0, random: 0), node: node, attempt: attempt),
        entries: entries.map { TokenPutBatch.Entry(key: $0.key, value: $0.value) })
      let admission = try account.admitting(
        batch, limits: limits, exempt: exempt, at: Timestamp(milliseconds: 5),
        present: { self.entries[node]?[$0] })
      account = admission.account
      for (index, entry) in batch.entries.enumerated() where admission.becomesEntry[index] {
        self.entries[node, default: [:]][TokenKey(entry.scope, entry.key)] =
          TokenAccount.Present(
            attempt: attempt, bytes: entry.key.utf8.count + entry.value.utf8.count)
      }
      return admission
    }

    /// The error of a call that must be refused and change nothing.
    mutating func refusal(
      _ node: String, _ entries: KeyValuePairs<String, String>
    ) throws -> BatonError {
      let before = account
      let error = try #require(throws: BatonError.self) { try put(node, entries) }
      #expect(account == before)
      return error
    }
  }

  private func text(_ count: Int) -> String { String(repeating: "v", count: count) }

  @Test("T19: entries of a call get consecutive seq")
  func sequence() throws {
    var book = Book()
    #expect(try book.put("A", ["a": "1"]).firstSeq == 1)
    let admission = try book.put("A", ["b": "1", "c": "", "b": "2"])
    #expect((admission.firstSeq, admission.lastSeq) == (2, 4))
    #expect(admission.becomesEntry == [false, true, true])
    #expect(book.account.usedBytes == 2 + 2 + 1)
    #expect(book.account.historyBytes == 2 + 2 + 1 + 2)
  }

  @Test("TK-10: the greatest value fits, one byte more does not")
  func valueSize() throws {
    var book = Book()
    _ = try book.put("A", ["k": text(1_048_576)])
    let error = try book.refusal("A", ["k": text(1_048_577)])
    #expect(error.code == .resourceExhausted && error.reason == "token_value_too_large")
  }

  @Test("TK-11: exactly full is allowed")
  func exactlyFull() throws {
    var book = Book()
    book.limits.maximumBytes = 1_048_576
    _ = try book.put("A", ["k": text(1_048_576 - 1)])
    #expect(book.account.usedBytes == 1_048_576)
    #expect(try book.refusal("A", ["x": "y"]).reason == "token_full")
    #expect(try book.put("A", ["k": text(5)]).firstSeq == 2)
  }

  @Test("TK-12: a replacement is charged its difference")
  func replacement() throws {
    var book = Book()
    _ = try book.put("A", ["k": text(500_000)])
    let before = book.account.usedBytes
    _ = try book.put("A", ["k": text(500_010)], attempt: 2)
    #expect(book.account.usedBytes == before + 10)
  }

  @Test("TK-13: a shorter value gives room back to another node")
  func shorter() throws {
    var book = Book()
    book.limits.maximumBytes = 400_001
    _ = try book.put("A", ["k": text(400_000)])
    _ = try book.put("A", ["k": "x"])
    _ = try book.put("B", ["b": text(399_000)])
  }

  @Test("TK-14: parallel nodes share the budget")
  func parallel() throws {
    var book = Book()
    _ = try book.put("A", ["0123456789": ""])
    _ = try book.put("B", ["0123456789": ""])
    #expect(book.account.usedBytes == 20)
  }

  @Test("TK-15: the error names key, node and limit, never the value")
  func message() throws {
    var book = Book()
    book.limits.maximumBytes = 10
    let error = try book.refusal("A", ["a": "12345", "b": "12345"])
    #expect(error.reason == "token_full")
    #expect(error.message.contains("\"b\"") && error.message.contains("node A"))
    #expect(error.message.contains("limit 10") && error.message.contains("used 0"))
    #expect(error.message.contains("12 bytes") && !error.description.contains("12345"))
  }

  @Test("T27: totals in the middle of a call do not matter")
  func middle() throws {
    var book = Book()
    book.limits.maximumBytes = 10
    _ = try book.put("A", ["a": "123456789"])
    _ = try book.put("A", ["b": "123", "a": "12345"])
    #expect(book.account.usedBytes == 10)
  }

  @Test("T27: above the limit, what does not grow the token is accepted")
  func aboveLimit() throws {
    var book = Book()
    _ = try book.put("A", ["a": "123456789"])
    book.limits.maximumBytes = 0
    _ = try book.put("A", ["a": "987654321"])
    _ = try book.put("A", ["a": "1"])
    let error = try book.refusal("A", ["a": "12"])
    #expect(error.message.contains("\"a\""))
  }

  @Test("T30: entries of the platform are counted and never refused")
  func platform() throws {
    var book = Book()
    book.limits = TokenLimits(
      maximumValueBytes: 0, maximumBytes: 0, maximumHistoryBytes: 0, maximumHistoryPuts: 0)
    _ = try book.put("A", ["baton.attempt": "1"], exempt: true)
    #expect(book.account.usedBytes == 14)
  }

  @Test("T25: the history is bounded in bytes and in puts")
  func history() throws {
    var book = Book()
    book.limits.maximumHistoryPuts = 2
    _ = try book.put("A", ["a": "1", "b": "1"])
    #expect(try book.refusal("A", ["a": "2"]).reason == "token_history_full")
    book.limits = TokenLimits(maximumHistoryBytes: 5)
    #expect(try book.refusal("A", ["a": "2"]).reason == "token_history_full")
  }

  @Test("T2: times never go back")
  func times() throws {
    var book = Book()
    book.account.lastTime = Timestamp(milliseconds: 100)
    #expect(try book.put("A", ["a": "1"]).time.milliseconds == 100)
  }
}

@Suite("Token form")
struct TokenFormTests {
  private func reason(_ key: [UInt8], _ value: [UInt8] = []) -> String? {
    do {
      try TokenForm.check(key: key, value: value, index: 3)
      return nil
    } catch {
      #expect(error.code == .invalidArgument && error.message.contains("entry 3"))
      return error.reason.rawValue
    }
  }

  @Test("TK-07, TK-08: the size of keys, and the empty value")
  func sizes() {
    #expect(reason(Array("k".utf8), []) == nil)
    #expect(reason([], [65]) == "token_key_invalid")
    #expect(reason(Array(repeating: 65, count: 1024)) == nil)
    #expect(reason(Array(repeating: 65, count: 1025)) == "token_key_invalid")
  }

  @Test("TK-09: control characters, U+0000 and ill-formed text")
  func characters() {
    #expect(reason(Array("a\tb".utf8)) == "token_key_invalid")
    #expect(reason([0x7F]) == "token_key_invalid")
    #expect(reason([65, 0]) == "invalid_text")
    #expect(reason([65], [66, 0, 67]) == "invalid_text")
    #expect(reason([65], [0xC3, 0x28]) == "invalid_text")
    #expect(reason([0xED, 0xA0, 0x80]) == "invalid_text")
    #expect(reason(Array("ключ".utf8), Array("a\nb\t\u{7F}\"".utf8)) == nil)
  }

  @Test("TK-16: 1 to 1000 entries")
  func entries() throws {
    let entry = TokenPutBatch.Entry(key: "k", value: "v")
    try TokenForm.check(Array(repeating: entry, count: 1000))
    for count in [0, 1001] {
      let error = try #require(throws: BatonError.self) {
        try TokenForm.check(Array(repeating: entry, count: count))
      }
      #expect(error.reason == "token_entries_invalid")
    }
  }
}
