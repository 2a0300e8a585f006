import BatonCore
import Testing

/// Suspend, resume and stop (G35, G44–G46, SR121, SR125).
@Suite("Orders to runs") struct OrderTests {
  // MARK: - G35

  /// The marked cells of the table.
  static let table: [RunStatus: [RunStatus]] = [
    .pending: [.starting, .failed, .killed],
    .starting: [.running, .suspended, .stopping, .failed],
    .running: [.suspended, .stopping, .completed, .failed],
    .suspended: [.resuming, .stopping, .completed, .failed],
    .resuming: [.starting, .running, .suspended, .stopping],
    .stopping: [.killed],
    // RE9: re-runs and skips open a run again.
    .completed: [.starting, .running, .suspended],
    .failed: [.starting, .running, .suspended],
    .killed: [.starting, .running, .suspended],
  ]

  @Test("WF-17 exactly the marked cells of G35 and RE9 are changes", arguments: RunStatus.allCases)
  func cells(from: RunStatus) {
    for to in RunStatus.allCases {
      #expect(from.canBecome(to) == (Self.table[from] ?? []).contains(to), "to \(to.word)")
    }
  }

  // MARK: - G46

  /// Per status: what suspend, resume and stop answer, and the status after each; `-` is OK.
  static let answers: [(RunStatus, [(String, RunStatus)])] = [
    (.pending, [("run_not_started", .pending), ("run_not_suspended", .pending), ("-", .killed)]),
    (.starting, [("-", .suspended), ("run_not_suspended", .starting), ("-", .stopping)]),
    (.running, [("-", .suspended), ("run_not_suspended", .running), ("-", .stopping)]),
    (.suspended, [("run_already_suspended", .suspended), ("-", .running), ("-", .stopping)]),
    (.resuming, [("-", .suspended), ("run_already_resuming", .resuming), ("-", .stopping)]),
    (.stopping, [("run_stopping", .stopping), ("run_stopping", .stopping), ("-", .stopping)]),
    (.completed, [("run_ended", .completed), ("run_ended", .completed), ("-", .completed)]),
    (.failed, [("run_ended", .failed), ("run_ended", .failed), ("-", .failed)]),
    (.killed, [("run_ended", .killed), ("run_ended", .killed), ("-", .killed)]),
    (.rejected, [("run_ended", .rejected), ("run_ended", .rejected), ("-", .rejected)]),
  ]

  @Test("WF-16 every status and every order", arguments: answers.indices)
  func everyStatus(row: Int) {
    let (status, expected) = Self.answers[row]
    let orders: [RunOrder] = [.suspend, .resume, .stop(StopOrder())]
    for (order, (answer, after)) in zip(orders, expected) {
      var machine = Self.machine(in: status)
      #expect(machine.state.status == status)
      let lastEvent = machine.state.lastEvent
      do throws(BatonError) {
        try machine.apply(order, now: RunScript.start)
        #expect(answer == "-", "\(status.word) \(order)")
      } catch {
        #expect(error.reason.rawValue == answer && error.code == .failedPrecondition)
        #expect(machine.takeTransition().isEmpty && machine.state.lastEvent == lastEvent)
      }
      #expect(machine.state.status == after, "\(status.word) \(order)")
      #expect(
        order.refusal(of: RunScript.id, in: status)?.reason.rawValue ?? "-" == answer)
    }
  }

  /// A run of one node in a status; one that is RESUMING is as it would be stored.
  private static func machine(in status: RunStatus) -> RunMachine {
    var script = RunScript(["A"], hooks: status == .starting ? [.initialize] : [])
    if status == .pending { return script.machine }
    script.begin()
    switch status {
    case .suspended: script.order(.suspend)
    case .stopping: script.stop()
    case .completed: script.end("A")
    case .failed: script.end("A", .failed)
    case .killed:
      script.stop()
      script.end("A")
    case .resuming, .rejected:
      var record = script.stored
      record.state.status = status
      return RunMachine(
        plan: script.plan, run: record, nodes: Array(script.nodes.values),
        attempts: status == .resuming ? Array(script.attempts.values) : [])
    default: break
    }
    return script.machine
  }

  @Test("a run that was stored RESUMING goes on at the return")
  func resuming() {
    var machine = Self.machine(in: .resuming)
    machine.takeUp(now: RunScript.start)
    #expect(machine.state.status == .running)
  }

  // MARK: - Suspend

  @Test("WF-15 nothing starts while suspended; what runs ends", arguments: [false, true])
  func suspendChain(recovers: Bool) {
    var script = RunScript(["A", "B: A"])
    script.recoversAlways = recovers
    script.begin()
    script.order(.suspend)
    #expect(script.status == .suspended && script.stored.state.suspended != nil)
    script.end("A")
    #expect(script.statuses == "C –" && script.status == .suspended)
    script.order(.resume)
    #expect(script.statuses == "C R" && script.status == .running)
    #expect(script.stored.state.resumed != nil)
    script.end("B")
    #expect(script.status == .completed)
    #expect(
      script.changes(of: nil) == [
        "PENDING>STARTING", "STARTING>RUNNING", "RUNNING>SUSPENDED", "SUSPENDED>RESUMING",
        "RESUMING>RUNNING", "RUNNING>COMPLETED",
      ])
  }

  @Test("WF-15 a fork: the join waits for the resume")
  func suspendFork() {
    var script = RunScript(["A", "B", "C: A, B"])
    script.begin()
    script.order(.suspend)
    script.end("A")
    script.end("B")
    #expect(script.statuses == "C C –" && script.status == .suspended)
    script.order(.resume)
    #expect(script.statuses == "C C R")
  }

  @Test("edges settle while suspended; when every node has ended the run ends (G44)")
  func suspendedEnd() {
    var script = RunScript(["A", "P?", "B: P.false", "C: B"])
    script.begin()
    script.order(.suspend)
    script.end("P", decision: true)
    #expect(script.statuses == "R C S S")
    script.end("A")
    #expect(script.status == .completed && script.changes(of: nil).last == "SUSPENDED>COMPLETED")
    var failing = RunScript(["A", "B"])
    failing.begin()
    failing.order(.suspend)
    failing.end("A", .failed)
    // G42 applies.
    #expect(failing.kills == [.kill(failing.id("B"), graceMS: 10_000, reason: "sibling_failed")])
    failing.end("B")
    #expect(failing.status == .failed && failing.changes(of: nil).last == "SUSPENDED>FAILED")
  }

  @Test("a node that was never started is started again at the resume (RE71)")
  func suspendedRecovery() {
    var script = RunScript(["A"])
    script.begin()
    script.order(.suspend)
    script.neverStarted("A")
    #expect(script.statuses == "W" && script.status == .suspended)
    script.recover()
    script.order(.resume)
    #expect(script.statuses == "R" && script.id("A").attempt == 2)
  }

  // MARK: - Stop

  @Test("WF-18 a stop: KILLED run_stopped, the next node U", arguments: [false, true])
  func stop(recovers: Bool) {
    var script = RunScript(["A", "B: A", "C", "D: C"])
    script.recoversAlways = recovers
    script.begin()
    script.end("C")
    script.stop()
    // Durably and at once, with the intent to kill what runs (SR121, T22).
    #expect(script.status == .stopping && script.statuses == "R – C R")
    #expect(["A", "D"].allSatisfy { script.attempts[script.id($0)]?.killReason == "run_stopped" })
    #expect(
      script.kills
        == ["A", "D"].map { .kill(script.id($0), graceMS: 10_000, reason: "run_stopped") })
    let ending = AttemptEnding(means: .term, processesEnded: 2, durationMS: 5, proof: .cgroup)
    script.report("A", AttemptOutcome(status: .failed, reason: "signaled", ending: ending))
    #expect(script.status == .stopping)
    script.end("D")
    #expect(script.status == .killed && script.statuses == "K U C K")
    #expect(script.attempts[script.id("A")]?.ending == ending)
    #expect(script.stored.state.reason == "run_stopped" && script.stored.state.failures.isEmpty)
    #expect(script.changes(of: nil).suffix(2) == ["RUNNING>STOPPING", "STOPPING>KILLED"])
    #expect(script.actions.last == .ended)
  }

  @Test("WF-19 a run that has not begun is KILLED at once, no hook runs")
  func stopPending() {
    var script = RunScript(["A", "B: A"], hooks: [.initialize, .finish])
    script.stop()
    #expect(script.status == .killed && script.statuses == "S S" && script.starts.isEmpty)
    #expect(script.nodes["A"]?.reason == "run_stopped" && script.stored.state.ended != nil)
    #expect(script.stored.state.stopping == nil)
    #expect(script.changes(of: nil) == ["PENDING>KILLED"] && script.actions == [.ended])
  }

  @Test("WF-20 a stop of a run that has ended changes nothing")
  func stopEnded() {
    var script = RunScript(["A"])
    script.begin()
    script.end("A")
    let events = script.events.count
    let refusal = script.stop()
    #expect(refusal == nil && script.events.count == events && script.stored.state.stop == nil)
  }

  @Test("a ready node does not start once the run is stopping; finish-siblings too (G45)")
  func stopsStarting() {
    var script = RunScript(["A", "B", "C: A.complete"], .finishSiblings)
    script.begin()
    script.stop()
    script.end("A", .failed)
    script.end("B", .failed)
    #expect(script.statuses == "K K U" && script.status == .killed && script.starts == ["A", "B"])
  }

  @Test("a stop while the run fails: it ends KILLED, killed nodes keep their reason")
  func stopWhileFailing() {
    var script = RunScript(["A", "B", "C"], hooks: [])
    script.begin()
    script.end("A", .failed)
    script.stop(graceMS: 20)
    // What is being killed already is killed sooner.
    #expect(
      script.kills.suffix(2)
        == ["B", "C"].map {
          .kill(script.id($0), graceMS: 20, reason: "sibling_failed")
        })
    script.end("B")
    script.end("C")
    #expect(script.statuses == "F K K" && script.status == .killed)
    #expect(script.nodes["B"]?.reason == "sibling_failed")
    #expect(script.stored.state.failures.map(\.node) == ["A"])
  }

  @Test("SR125 a smaller grace shortens the wait, a greater one does not extend it")
  func graces() {
    var script = RunScript(["A"])
    script.begin()
    script.stop(graceMS: 5_000)
    script.stop(graceMS: 6_000)
    script.stop()
    #expect(script.kills.count == 1 && script.stored.state.stop?.graceMS == 5_000)
    script.stop(graceMS: 100)
    #expect(script.kills.last == .kill(script.id("A"), graceMS: 100, reason: "run_stopped"))
    #expect(script.kills.count == 2 && script.stored.state.stop?.graceMS == 100)
    #expect(script.changes(of: nil).filter { $0.hasSuffix("STOPPING") }.count == 1)
  }

  @Test("SR125 a smaller grace shortens a finish hook, too")
  func finishGrace() {
    var script = RunScript(["A"], hooks: [.finish])
    script.begin()
    script.stop(graceMS: 5_000)
    script.end("A")
    let started = script.attempts[script.id("W")]?.started.milliseconds ?? 0
    script.stop(graceMS: 100)
    #expect(
      script.actions.last == .setDeadline(script.id("W"), Timestamp(milliseconds: started + 100)))
    #expect(script.kills.count == 1)
  }

  @Test("SR124 a forced stop ends the run although something is left")
  func forced() {
    var script = RunScript(["A", "B", "C: A"], hooks: [.finish])
    script.begin()
    script.stop()
    script.end("B")
    let left = AttemptEnding(
      means: .kill, survivors: [.init(pid: 7, command: "sleep")], proof: .none)
    script.order(.stop(StopOrder(isForced: true)), left: [script.id("A"): left])
    #expect(script.status == .killed && script.statuses == "K K U")
    #expect(script.stored.state.stop?.isForced == true && script.starts == ["A", "B"])
    let attempt = script.attempts[script.id("A")]
    #expect(attempt?.status == .killed && attempt?.ending == left && attempt?.ended != nil)
    #expect(script.actions.suffix(2) == [.abandon(script.id("A")), .ended])
    // The late outcome changes nothing.
    let isTaken = script.end("A")
    #expect(!isTaken)
    // At once, without a stop before it.
    var other = RunScript(["A", "B: A"], hooks: [.finish])
    other.begin()
    other.stop(isForced: true)
    #expect(other.status == .killed && other.statuses == "K U")
    #expect(other.changes(of: nil).suffix(2) == ["RUNNING>STOPPING", "STOPPING>KILLED"])
    #expect(other.attempts[other.id("A")]?.ending?.proof == AttemptEnding.Proof.none)
  }

  // MARK: - G36

  @Test("WF-19 queue and reject: which runs are created and begin (G36)")
  func bounds() throws {
    var workflow = RunScript.plan(["A", "B: A"]).workflow
    #expect(ActiveRunBound(workflow) == nil)
    workflow.maxActiveRuns = 1
    let queue = try #require(ActiveRunBound(workflow))
    #expect(!queue.rejects(active: 9) && queue.admits(begun: 0) && !queue.admits(begun: 1))
    let header = RunHeader(
      id: RunScript.id, workflow: RunScript.workflow, version: 1, created: RunScript.start)
    var asked = 0
    let queued = CreatedRun(header, RunScript.plan(workflow)) {
      asked += 1
      return 1
    }
    #expect(queued.record.state.status == .pending && asked == 0)
    workflow.whenFull = .reject
    let reject = try #require(ActiveRunBound(workflow))
    #expect(reject.rejects(active: 1) && !reject.rejects(active: 0))
    let rejected = CreatedRun(header, RunScript.plan(workflow)) { 1 }
    #expect(rejected.record.state.status == .rejected)
    #expect(rejected.record.state.reason == "active_runs_full")
    #expect(rejected.nodes.allSatisfy { $0.status == .skipped && $0.attempts == 0 })
    #expect(
      rejected.event.change == .run(from: nil, to: .rejected, reason: "active_runs_full"))
    let admitted = CreatedRun(header, RunScript.plan(workflow)) { 0 }
    #expect(admitted.record.state.status == .pending)
  }
}
