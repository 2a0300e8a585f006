import BatonCore
import Foundation
import Testing

/// What policies say without a run: RE92, RE96, G7.
@Suite("Node policies") struct PolicyTests {
  @Test(
    "RE92 elements of retry.on",
    arguments: [
      ("1", "1"), ("255", "255"), ("64-78", "64-78"), ("5-5", "5"), ("exit", "exit"),
      ("signal", "signal"), ("timeout", "timeout"), ("exec", "exec"), ("lost", "lost"),
      ("fail_on", "fail_on"), ("child", "child"), ("other", "other"), ("0", nil), ("256", nil),
      ("2-1", nil), ("1-", nil), ("-1", nil), ("1-2-3", nil), ("", nil), ("Exit", nil), ("1 ", nil),
      ("01", nil), ("x", nil),
    ] as [(String, String?)])
  func causes(text: String, expected: String?) {
    #expect(RetryCause(text)?.description == expected)
  }

  @Test(
    "RE92 which failures an element stands for",
    arguments: [
      ("exit", "exit_nonzero", true), ("signal", "signaled", true),
      ("timeout", "node_timeout", true),
      ("exec", "exec_failed", true), ("lost", "shim_lost", true), ("lost", "worker_lost", true),
      ("fail_on", "fail_on", true), ("child", "child_failed", true),
      ("other", "worker_failed", true), ("other", "limit_exceeded", true),
      ("other", "token_file_invalid", true), ("other", "publish_failed", true),
      ("other", "items_failed", true), ("other", "for_each_invalid", true),
      ("other", "child_depth", true), ("other", "token_key_invalid", true),
      ("other", "exit_nonzero", false), ("exit", "signaled", false), ("75", "exit_nonzero", true),
      ("70-80", "exit_nonzero", true), ("74", "exit_nonzero", false), ("75", "fail_on", false),
      ("75", "limit_exceeded", false), ("other", "template_unresolved", false),
      ("other", "policy_invalid", false), ("other", "condition_error", false),
      ("other", "not_started", false),
    ])
  func matching(element: String, reason: String, expected: Bool) throws {
    let policy = RetryPolicy(on: [try #require(RetryCause(element))])
    #expect(policy.repeats(reason: reason, exitCode: 75) == expected)
  }

  @Test("RE92 without `on` everything that may be is repeated; a code needs an exit code")
  func everything() throws {
    #expect(RetryPolicy().repeats(reason: "signaled", exitCode: nil))
    #expect(!RetryPolicy().repeats(reason: "policy_invalid", exitCode: 1))
    let coded = RetryPolicy(on: [.exitCode(1...255)])
    #expect(!coded.repeats(reason: "exit_nonzero", exitCode: nil))
  }

  @Test("G7 each policy replaces a weaker one whole")
  func merging() throws {
    var weak = NodePolicy(
      timeoutMS: 1, stopGraceMS: 2, retry: RetryPolicy(attempts: 5, delayMS: 9),
      limits: ResourceLimits(openFiles: 3))
    weak.nodeTimeoutMS = 4
    weak.waitAfterMS = 5
    weak.pauseBefore = .fixed(true)
    weak.failOn = "1"
    weak.safeRerun = true
    weak.onSuccess = [TokenTemplate(key: "s", value: Template(literal: "1"))]
    weak.onFailure = [TokenTemplate(key: "f", value: Template(literal: "1"))]
    weak.onComplete = [TokenTemplate(key: "c", value: Template(literal: "1"))]
    weak.onSkip = [TokenTemplate(key: "k", value: Template(literal: "1"))]
    weak.forEach = ForEach(items: Template(literal: "[]"))
    #expect(NodePolicy().over(weak) == weak)
    #expect(weak.over(NodePolicy()) == weak)
    var strong = NodePolicy(retry: RetryPolicy(attempts: 2))
    strong.pauseBefore = .fixed(false)
    strong.onSuccess = []
    let merged = strong.over(weak)
    #expect(merged.retry?.delayMS == 0 && merged.pauseBefore == .fixed(false))
    #expect(merged.onSuccess == [] && merged.onFailure == weak.onFailure)
  }

  @Test("RE96 on_complete comes after the other; a skip has its own")
  func publishing() {
    func put(_ value: String) -> [TokenTemplate] {
      [TokenTemplate(key: "k", value: Template(literal: value))]
    }
    var policy = NodePolicy()
    policy.onSuccess = put("s")
    policy.onFailure = put("f")
    policy.onComplete = put("c")
    policy.onSkip = put("k")
    #expect(policy.publish(on: .success) == put("s") + put("c"))
    #expect(policy.publish(on: .failure) == put("f") + put("c"))
    #expect(policy.publish(on: .skip) == put("k"))
    #expect(NodePolicy().publish(on: .success).isEmpty)
  }
}
