import BatonClient
import BatonWire
import Testing
import baton

@Suite struct StopTextTests {
  private static let run = "019a5e0c-0000-7000-8000-000000000001"

  private static func attempt(
    _ node: String, _ number: UInt32 = 1, run: String = run, by means: Wire.StopMeans,
    processes: UInt32 = 1, survivors: [Wire.Survivor] = [], proof: Wire.StopProof = .cgroup
  ) -> Wire.StopAttempt {
    Wire.StopAttempt(
      runID: run, node: node, attempt: number, endedBy: means, processesEnded: processes,
      survivors: survivors, durationMs: 1200, proof: proof)
  }

  private static func answer(
    _ outcome: StopOutcome, _ attempts: [Wire.StopAttempt], isProven: Bool = true,
    survivors: UInt32 = 0
  ) -> StopAnswer {
    StopAnswer(
      outcome: outcome, status: .killed, isProven: isProven,
      report: StopReport(
        Wire.StopReport(
          attempts: attempts, attemptsTotal: UInt32(attempts.count),
          processesEnded: attempts.reduce(0) { $0 + $1.processesEnded },
          survivorsTotal: survivors, proven: isProven, began: 1_769_846_400_000,
          durationMs: 2100, reason: "wrong input", forced: outcome == .forced)))
  }

  @Test("SR123 a row for each attempt, and that nothing survived") func stopped() {
    let answer = Self.answer(
      .stopped,
      [
        Self.attempt("parse", 2, by: .term, processes: 3),
        Self.attempt("load", run: "019a5e0c-ffff-7000-8000-000000000002", by: .kill),
        Self.attempt("wait", 0, by: .neverStarted, processes: 0, proof: .none),
      ])
    #expect(
      StopText.lines(Self.run, answer, on: Terminal()) == [
        "run \(Self.run) KILLED: stopped in 2.1 s",
        "RUN            NODE   ATTEMPT  ENDED BY       PROCESSES   TIME  PROOF",
        "               parse        2  TERM                   3  1.2 s  CGROUP",
        "019a5e0c-ffff  load         1  KILL                   1  1.2 s  CGROUP",
        "               wait            never started          0  1.2 s  NONE",
        "4 processes ended, none survived",
      ])
  }

  @Test("SR124 what survives a forced stop is named") func forced() {
    let survivor = Wire.Survivor(pid: 77, command: "sleep")
    let answer = Self.answer(
      .forced, [Self.attempt("n", by: .kill, survivors: [survivor], proof: .none)],
      isProven: false, survivors: 1)
    let lines = StopText.lines(Self.run, answer, on: Terminal())
    #expect(lines.first == "run \(Self.run) KILLED: given up waiting in 2.1 s")
    #expect(lines.dropFirst(2).first?.hasSuffix("77 sleep") == true)
    #expect(lines.last == "1 process survived")
  }

  @Test("an end without proof is not said to be one") func unproven() {
    let answer = Self.answer(
      .stopped, [Self.attempt("n", by: .kill, proof: .none)], isProven: false)
    #expect(
      StopText.lines(Self.run, answer, on: Terminal()).last
        == "1 process ended, none survived as far as is known: not every end is proven")
  }

  @Test("where nothing was stopped, that is said") func nothing() {
    #expect(
      StopText.lines("r", StopAnswer(outcome: .alreadyFinished, status: .completed), on: Terminal())
        == ["run r had ended COMPLETED; nothing was done"])
    #expect(
      StopText.lines("", StopAnswer(outcome: .notFound), on: Terminal())
        == ["there is no such run; nothing was done"])
    #expect(
      StopText.json("", StopAnswer(outcome: .notFound)).text
        == #"{"outcome":"NOT_FOUND","proven":false}"#)
  }

  @Test("the JSON has the words of the contract") func json() {
    let survivor = Wire.Survivor(pid: 77, command: "sleep")
    let answer = Self.answer(
      .forced, [Self.attempt("n", by: .kill, survivors: [survivor], proof: .none)],
      isProven: false, survivors: 1)
    #expect(
      StopText.json(Self.run, answer).text
        == #"{"runId":"\#(Self.run)","outcome":"FORCED","status":"KILLED","proven":false,"#
        + #""report":{"attempts":[{"runId":"\#(Self.run)","node":"n","attempt":1,"#
        + #""endedBy":"KILL","processesEnded":1,"survivors":[{"pid":77,"command":"sleep"}],"#
        + #""durationMs":1200,"proof":"NONE"}],"attemptsTotal":1,"processesEnded":1,"#
        + #""survivorsTotal":1,"proven":false,"began":"2026-01-31T08:00:00.000Z","#
        + #""durationMs":2100,"reason":"wrong input","forced":true}}"#)
  }
}
