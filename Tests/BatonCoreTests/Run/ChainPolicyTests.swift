import BatonCore
import Testing

/// The numbers of a chain: RE90, RE91, and templates that give them (RE90–RE105).
@Suite("Chain policies") struct ChainPolicyTests {
  private static func retry(
    _ delayMS: Templated<Int64>, _ backoff: Templated<Double> = 1,
    _ maxDelayMS: Templated<Int64> = 3_600_000, jitter: Templated<Double>? = nil
  ) -> ChainPolicy.Retry {
    ChainPolicy.Retry(
      RetryPolicy(
        attempts: 100, delayMS: delayMS, backoff: backoff, maxDelayMS: maxDelayMS, jitter: jitter))
  }

  @Test("RE90 the delay grows by the factor up to the longest (G39)")
  func delays() {
    let policy = Self.retry(10_000, 2, 60_000)
    #expect(
      (1...5).map { policy.delayMS(afterFailed: $0) } == [10_000, 20_000, 40_000, 60_000, 60_000])
    #expect(Self.retry(1, 10).delayMS(afterFailed: 99) == 3_600_000)
    #expect(Self.retry(0, 10).delayMS(afterFailed: 99) == 0)
    #expect(Self.retry(7_200_000).delayMS(afterFailed: 1) == 3_600_000)
  }

  @Test("RR-54 gaps of 1, 2 and 3 s")
  func gaps() {
    let policy = Self.retry(1_000, 2, 3_000)
    #expect((1...3).map { policy.delayMS(afterFailed: $0) } == [1_000, 2_000, 3_000])
  }

  @Test(
    "RE91 jitter moves the delay before it is cut to the longest",
    arguments: [
      (1, 0.5, -1, 500), (1, 0.5, 0, 1_000), (1, 0.5, 0.5, 1_250), (3, 0.5, 0.5, 4_000),
      (4, 0.5, -1, 4_000), (5, 0.9, -1, 1_600), (9, 1, -1, 0), (2, 0, 0.9, 2_000),
    ] as [(Int, Double, Double, Int64)])
  func jitter(failed: Int, jitter: Double, u: Double, expected: Int64) {
    let policy = Self.retry(1_000, 2, 4_000, jitter: .literal(jitter))
    #expect(policy.delayMS(afterFailed: failed, u: u) == expected)
  }

  @Test(
    "a text that is no legal value is policy_invalid, and is not shown",
    arguments: [
      ("timeout", "100ms", true), ("timeout", "99ms", false), ("timeout", "366d", false),
      ("timeout", "", false), ("timeout", "10", false), ("timeout", " 1s", false),
      ("node_timeout", "365d", true), ("node_timeout", "0s", false), ("stop_grace", "0s", true),
      ("wait_after", "0s", true), ("wait_after", "-1s", false), ("attempts", "100", true),
      ("attempts", "0", false), ("attempts", "101", false), ("attempts", "2.0", false),
      ("delay", "1h", true), ("delay", "1", false), ("backoff", "1.5", true),
      ("backoff", "0.9", false), ("backoff", "ten", false), ("max_delay", "1d", true),
      ("max_delay", "x", false), ("jitter", "1", true), ("jitter", "1.01", false),
      ("concurrency", "1000", true), ("concurrency", "0", false),
    ])
  func resolution(field: String, text: String, isLegal: Bool) throws {
    let template = try Template(parsing: "${arg.value}")
    var policy = NodePolicy()
    switch field {
    case "timeout": policy.timeoutMS = .template(template)
    case "node_timeout": policy.nodeTimeoutMS = .template(template)
    case "stop_grace": policy.stopGraceMS = .template(template)
    case "wait_after": policy.waitAfterMS = .template(template)
    case "attempts": policy.retry = RetryPolicy(attempts: .template(template))
    case "delay": policy.retry = RetryPolicy(delayMS: .template(template))
    case "backoff": policy.retry = RetryPolicy(backoff: .template(template))
    case "max_delay": policy.retry = RetryPolicy(maxDelayMS: .template(template))
    case "jitter": policy.retry = RetryPolicy(jitter: .template(template))
    default: policy.forEach = ForEach(items: template, concurrency: .template(template))
    }
    #expect(policy.templates == [template])
    if isLegal {
      let resolved = try policy.resolved { _ in text }
      #expect(resolved.templates == [] && resolved != policy)
    } else {
      let failure = #expect(throws: PolicyFailure.self) { try policy.resolved { _ in text } }
      let message = try #require(failure?.message)
      #expect(message.contains(field) && message.contains("${arg.value}"))
      #expect(text.isEmpty || !message.contains("`\(text)`"))
    }
  }

  @Test("RE100 a step reads its templates when a chain starts; without any it has one policy")
  func steps() throws {
    let template = try Template(parsing: "${arg.value}")
    var node = Node(name: "A", action: .program("p"), waitBeforeMS: .template(template))
    node.policy.timeoutMS = 500
    var workflow = Workflow(name: "W", nodes: [node])
    workflow.nodeDefaults.retry = RetryPolicy(attempts: 3, delayMS: .template(template))
    let step = RunScript.plan(workflow).steps[0]
    #expect(step.hasPolicyTemplates && !step.readsToken)
    let policy = try step.chainPolicy { _ in "2s" }
    #expect(policy.timeoutMS == 500 && policy.waitBeforeMS == 2_000)
    #expect(policy.retry?.attempts == 3 && policy.retry?.delayMS == 2_000)
    #expect(policy.stopGraceMS == 10_000 && policy.nodeTimeoutMS == nil)
    #expect(throws: PolicyFailure.self) { try step.chainPolicy { _ in "soon" } }
    workflow.nodes[0].waitBeforeMS = 7
    workflow.nodeDefaults = NodePolicy()
    let plain = RunScript.plan(workflow).steps[0]
    #expect(!plain.hasPolicyTemplates && plain.policy.waitBeforeMS == 7)
    #expect(try plain.chainPolicy { _ in "x" } == plain.policy)
  }

  @Test("which starts and ends of attempts read the token")
  func tokens() throws {
    let token = try Template(parsing: "${token.k}")
    func step(_ change: (inout Node, inout Program) -> Void) -> RunPlan.Step {
      var node = Node(name: "A", action: .program("p"))
      var program = Program(type: .command)
      change(&node, &program)
      let workflow = Workflow(name: "W", nodes: [node])
      let application = Application(
        name: "app", programs: ["p": program], workflows: ["W": workflow])
      return RunPlan(application: application, workflow: workflow, version: 1).steps[0]
    }
    let starts: [RunPlan.Step] = [
      step { node, _ in node.waitBeforeMS = .template(token) },
      step { node, _ in node.policy.retry = RetryPolicy(attempts: .template(token)) },
      step { node, _ in node.policy.pauseBefore = .expression("1") },
      step { node, _ in node.policy.forEach = ForEach(items: token) },
      step { _, program in
        program = Program(
          type: .workflow, child: ChildProgram(workflow: "V", arguments: ["a": token]))
      },
      step { _, program in
        program = Program(type: .noop, put: [TokenTemplate(key: "k", value: token)])
      },
    ]
    #expect(starts.allSatisfy { $0.readsToken && !$0.endReadsToken })
    let ends: [RunPlan.Step] = [
      step { node, _ in node.policy.failOn = "1" },
      step { node, _ in node.policy.retry = RetryPolicy(breakOn: "1") },
      step { node, _ in node.policy.retry = RetryPolicy(continueOn: "1") },
      step { node, _ in node.policy.onSkip = [TokenTemplate(key: "k", value: token)] },
      step { node, _ in
        let put = [TokenTemplate(key: "k", value: token)]
        node.action = .condition(Condition(form: .command([]), put: put))
      },
    ]
    #expect(ends.allSatisfy { !$0.readsToken && $0.endReadsToken })
    let neither = step { node, _ in
      node.policy.pauseBefore = .fixed(true)
      node.policy.onSuccess = [TokenTemplate(key: "k", value: Template(literal: "v"))]
    }
    #expect(!neither.readsToken && !neither.endReadsToken)
  }
}
