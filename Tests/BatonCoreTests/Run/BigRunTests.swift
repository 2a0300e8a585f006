import BatonCore
import Testing

/// Runs of 10,000 nodes: quadratic work would not end in time.
@Suite("Big runs", .timeLimit(.minutes(1))) struct BigRunTests {
  @Test("a chain and a fan of 10,000 nodes", arguments: ["chain", "fan"])
  func big(shape: String) {
    let count = 10_000
    let nodes = (0..<count).map { index in
      let edge = Edge(upstream: shape == "chain" ? index - 1 : 0, kind: .success)
      return Node(name: "n\(index)", action: .program("p"), edges: index == 0 ? [] : [edge])
    }
    let workflow = Workflow(name: "W", nodes: nodes)
    var machine = Self.machine(workflow)
    machine.begin(now: RunScript.start)
    #expect(Self.finish(&machine, .completed) == count)
    #expect(machine.state.status == .completed)
  }

  @Test("a re-run of 10,000 nodes that failed, behind one that completed")
  func rerun() throws {
    let nodes = (0...10_000).map { index in
      Node(
        name: "n\(index)", action: .program("p"),
        edges: index == 0 ? [] : [Edge(upstream: 0, kind: .success)])
    }
    let workflow = Workflow(name: "W", onFailure: .finishSiblings, nodes: nodes)
    var machine = Self.machine(workflow)
    machine.begin(now: RunScript.start)
    machine.start(
      0, inputs: .init(), credentialHash: [], host: "h", now: RunScript.start)
    machine.attemptEnded(
      machine.runningAttempts[0].id, AttemptOutcome(status: .completed), now: RunScript.start)
    #expect(Self.finish(&machine, .failed) == 10_000 && machine.state.failures.count == 10_000)
    var tree = RunTree(machine)
    let order = RerunOrder(
      allFailed: true, call: RerunCall(principal: "ann", time: RunScript.start))
    let plan = try tree.rerun(order, in: RunScript.id, now: RunScript.start)
    #expect(plan.attempts.count == 10_000 && plan.untouched.count == 1)
    machine = tree.root
    #expect(Self.finish(&machine, .completed) == 10_000 && machine.state.status == .completed)
    #expect(machine.state.failures.isEmpty)
  }

  private static func machine(_ workflow: Workflow) -> RunMachine {
    let plan = RunPlan(
      application: Application(
        name: "app", programs: ["p": Program(type: .command)], workflows: ["W": workflow]),
      workflow: workflow, version: 1)
    let header = RunHeader(
      id: RunScript.id, workflow: RunScript.workflow, version: 1, created: RunScript.start)
    return RunMachine(
      plan: plan, run: RunRecord(header: header, state: RunState(status: .pending)), nodes: [],
      attempts: [])
  }

  /// Starts and ends what there is, the newest first.
  ///
  /// - Returns: How many attempts ended.
  private static func finish(_ machine: inout RunMachine, _ status: AttemptStatus) -> Int {
    var running: [AttemptID] = []
    var ended = 0
    while true {
      while let position = machine.nextReady() {
        running.append(machine.nextAttempt(of: position))
        machine.start(
          position, inputs: .init(), credentialHash: [], host: "h", now: RunScript.start)
      }
      _ = machine.takeTransition()
      guard let next = running.popLast() else { return ended }
      machine.attemptEnded(next, AttemptOutcome(status: status), now: RunScript.start)
      ended += 1
    }
  }
}
