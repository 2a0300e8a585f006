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
    let plan = RunPlan(
      application: Application(
        name: "app", programs: ["p": Program(type: .command)], workflows: ["W": workflow]),
      workflow: workflow, version: 1)
    let header = RunHeader(
      id: RunScript.id, workflow: RunScript.workflow, version: 1, created: RunScript.start)
    var machine = RunMachine(
      plan: plan, run: RunRecord(header: header, state: RunState(status: .pending)), nodes: [],
      attempts: [])
    machine.begin(now: RunScript.start)
    var running: [AttemptID] = []
    var ended = 0
    while true {
      while let position = machine.nextReady() {
        running.append(machine.nextAttempt(of: position))
        machine.start(
          position, inputs: .init(), credentialHash: [], host: "h", now: RunScript.start)
      }
      _ = machine.takeTransition()
      guard let next = running.popLast() else { break }
      machine.attemptEnded(
        next, AttemptOutcome(status: .completed), now: RunScript.start)
      ended += 1
    }
    #expect(ended == count && machine.state.status == .completed)
  }
}
