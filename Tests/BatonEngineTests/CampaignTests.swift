import BatonExec
import BatonWire
import Testing

/// The example of G8, without what this version does not execute (retry, hooks).
@Suite("The campaign example", .timeLimit(.minutes(1))) struct CampaignTests {
  private static let file = #"""
    baton: 1
    application: campaign
    env: {REPORT_DIR: reports}
    programs:
      EventParser:
        type: COMMAND
        argv: [block, "--stream=${prop.input.stream}", "--separator=${prop.separator}",
               "--fields=${prop.fields}", "--from=${arg.from}", "--until=${arg.until}"]
        timeout: 30m
      RecordVerifier: {type: COMMAND, argv: [exit, "${arg.input}"]}
      PurchaseReport:
        type: COMMAND
        argv: [ok, "--by=${prop.group.by}", "--out=${env.REPORT_DIR}/${prop.group.by}.csv"]
      ProblemLogger:
        type: COMMAND
        argv: [ok, "bad records: ${token.records.bad@RecordVerifier:-unknown}"]
      StatusReporter: {type: COMMAND, argv: [ok, "--branch=${token.branch:-none}"]}
    workflows:
      EventParserWorkflow:
        arguments: {from: {required: true}, until: {required: true}}
        nodes:
          - name: trackingParser
            program: EventParser
            properties: {input.stream: tracking, separator: ",", fields: 6}
          - name: sendParser
            program: EventParser
            properties: {input.stream: send, separator: "::", fields: 5}
      PurchaseWorkflow:
        arguments: {input: {required: true}, max.bad: {default: 5}}
        on_failure: finish-siblings
        nodes:
          - {name: RecordVerifier, program: RecordVerifier}
          - name: Predicate
            after: [RecordVerifier]
            condition:
              expr: int(token('records.bad', 'RecordVerifier')) <= int(arg('max.bad'))
              put: {branch: "${outcome}", action.type: CONDITION}
          - {name: PurchaseByCustomer, program: PurchaseReport, after: [Predicate.true],
             properties: {group.by: customer}}
          - {name: PurchaseByProduct, program: PurchaseReport, after: [Predicate.true],
             properties: {group.by: product}}
          - name: ProblemLogger
            program: ProblemLogger
            after: [Predicate.false, RecordVerifier.failure]
          - name: StatusReporter
            program: StatusReporter
            after:
              - PurchaseByCustomer.complete
              - PurchaseByProduct.complete
              - ProblemLogger.complete
    """#

  @Test("WF-41 one program in two parallel nodes", arguments: Deployment.allCases)
  func parsers(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(Self.file)
      let run = try await house.trigger(
        ["from": "1", "until": "2"], workflow: "EventParserWorkflow", application: "campaign")
      let tracking = await house.programs.launch(of: "trackingParser")
      let send = await house.programs.launch(of: "sendParser")
      #expect(
        tracking.argv == [
          "block", "--stream=tracking", "--separator=,", "--fields=6", "--from=1", "--until=2",
        ])
      #expect(
        send.argv == [
          "block", "--stream=send", "--separator=::", "--fields=5", "--from=1", "--until=2",
        ])
      await house.programs.finish("trackingParser")
      await house.programs.finish("sendParser")
      try await house.end(of: run)
      #expect(try await house.letters(run, "trackingParser sendParser") == "C C")
    }
  }

  @Test("WF-42 a failed verifier is handled", arguments: Deployment.allCases)
  func problem(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(Self.file)
      let run = try await house.run(
        ["input": "1"], workflow: "PurchaseWorkflow", application: "campaign")
      let names = "RecordVerifier Predicate PurchaseByCustomer PurchaseByProduct ProblemLogger "
      #expect(try await house.letters(run, names + "StatusReporter") == "F S S S C C")
      #expect(
        house.programs.launches(of: "ProblemLogger").map(\.argv) == [
          ["ok", "bad records: unknown"]
        ])
      #expect(
        house.programs.launches(of: "StatusReporter").map(\.argv) == [["ok", "--branch=none"]])
      #expect(try await house.status(run) == .completed)
    }
  }
}
