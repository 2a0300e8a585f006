import BatonCore
import Testing

@Suite("The lists of reasons")
struct ReasonListTests {
  private let entries = BatonError.Reason.entries

  @Test("a reason stands once, and is found")
  func once() {
    let count = Dictionary(entries.map { ($0.reason.rawValue, 1) }, uniquingKeysWith: +)
    #expect(count.filter { $0.value > 1 }.isEmpty)
    #expect(entries.allSatisfy { $0.reason.entry == $0 })
    #expect(BatonError.Reason("no_such_reason").entry == nil)
  }

  @Test("a reason is a word that survives the wire with its code")
  func words() {
    for entry in entries {
      let sent = BatonError(entry.code, entry.reason, "a sentence", hint: entry.remedy)
      let received = BatonError(code: entry.code, wireMessage: sent.description)
      #expect(received.reason == entry.reason)
      #expect(received.message == "a sentence")
      #expect(received.hint == entry.remedy)
      #expect(!entry.code.name.hasPrefix("CODE_"))
    }
  }

  @Test("a code without a reason becomes a reason of the list, where the list has that word")
  func bareCodes() {
    for code: BatonError.Code in [.unauthenticated, .unavailable, .deadlineExceeded, .internal] {
      let reason = BatonError(code: code, wireMessage: "a sentence").reason
      #expect(reason.entry?.code == code, "\(reason.rawValue)")
    }
  }

  @Test("texts are sentences")
  func sentences() {
    let texts =
      entries.flatMap { [$0.meaning, $0.cause, $0.remedy] }
      + (OutcomeReason.ofNodes + OutcomeReason.ofRuns).flatMap { [$0.meaning, $0.remedy] }
    for text in texts {
      #expect(text.hasSuffix(".") && text.count > 5, "\(text)")
      #expect(!text.contains("|") && !text.contains("\n"), "\(text)")
    }
  }

  @Test("a reason of nodes or runs stands once for each status; only failures are retried")
  func outcomes() {
    for list in [OutcomeReason.ofNodes, OutcomeReason.ofRuns] {
      #expect(Set(list.map { "\($0.status) \($0.word)" }).count == list.count)
      #expect(list.allSatisfy { $0.retry == nil || $0.status == .failed })
    }
  }

  @Test("every word of retry.on stands for a reason")
  func retries() {
    #expect(
      Set(OutcomeReason.ofNodes.compactMap(\.retry?.rawValue))
        == ["exit", "signal", "timeout", "exec", "lost", "fail_on", "child", "other"])
  }
}
