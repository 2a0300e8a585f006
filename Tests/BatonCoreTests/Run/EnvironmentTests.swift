import BatonCore
import Testing

/// Changes of the environment (RE10–RE16, RE20, RE21).
@Suite("Environments of runs") struct RunEnvironmentTests {
  static let root = RunHeader(
    id: RunScript.id, workflow: RunScript.workflow, version: 1, created: RunScript.start,
    arguments: ["a": "1234"], env: ["K": "1", "L": "2"])
  static let origin = RerunCall(
    principal: "ann", time: RunScript.start, requestID: "r", note: "n")

  private func apply(
    _ change: EnvChange, to environment: inout RunEnvironment
  ) throws(BatonError) -> EnvRevision? {
    try environment.apply(change, by: Self.origin, .update, at: RunScript.id, root: Self.root)
  }

  @Test("names are unset first, then set; edits are by name (RE13, RE15)")
  func edits() throws {
    var environment = RunEnvironment(values: Self.root.env)
    let change = EnvChange(values: ["L": "3", "B": "x", "K": "1"], unset: ["K", "L", "NONE"])
    let revision = try apply(change, to: &environment)
    #expect(environment.values == ["K": "1", "L": "3", "B": "x"] && environment.revision == 2)
    #expect(
      revision?.edits == [
        EnvEdit(name: "B", old: nil, new: "x"), EnvEdit(name: "L", old: "2", new: "3"),
      ])
    #expect(revision?.number == 2 && revision?.principal == "ann" && revision?.requestID == "r")
    #expect(revision?.note == "n" && revision?.call == .update && revision?.root == Self.root.id)
    let unset = try apply(EnvChange(unset: ["B"]), to: &environment)
    #expect(unset?.edits == [EnvEdit(name: "B", old: "x", new: nil)] && unset?.number == 3)
  }

  @Test("RR-08 a change that alters nothing makes no revision (RE14)")
  func nothing() throws {
    var environment = RunEnvironment(values: Self.root.env)
    let changes = [EnvChange(), EnvChange(values: ["K": "1"]), EnvChange(unset: ["NONE"])]
    for change in changes {
      let revision = try apply(change, to: &environment)
      #expect(revision == nil && environment == RunEnvironment(values: Self.root.env))
    }
  }

  @Test("RR-06 a name that a call makes secret stays secret (RE16)")
  func secrets() throws {
    var environment = RunEnvironment(values: Self.root.env)
    let made = try apply(EnvChange(values: ["L": "9"], secret: ["L", "K"]), to: &environment)
    #expect(environment.secret == ["K", "L"])
    #expect(
      made?.edits == [
        EnvEdit(name: "K", old: "1", new: "1", isSecret: true),
        EnvEdit(name: "L", old: "2", new: "9", isSecret: true),
      ])
    let again = try apply(EnvChange(secret: ["K"]), to: &environment)
    #expect(again == nil)
    let later = try apply(EnvChange(values: ["L": "8"]), to: &environment)
    #expect(later?.edits.map(\.isSecret) == [true])
  }

  @Test(
    "RR-09 names and texts are checked in their form",
    arguments: [
      (EnvChange(values: ["1A": ""]), "env_name_invalid"),
      (EnvChange(values: ["BATON_X": ""]), "env_name_invalid"),
      (EnvChange(values: ["": ""]), "env_name_invalid"),
      (EnvChange(unset: ["A=B"]), "env_name_invalid"),
      (EnvChange(secret: ["A\0"]), "env_name_invalid"),
      (EnvChange(values: [String(repeating: "n", count: 256): ""]), "env_name_invalid"),
      (EnvChange(values: ["A": "canary\0"]), "invalid_text"),
    ])
  func forms(change: EnvChange, reason: String) {
    let error = #expect(throws: BatonError.self) { try change.checkForm() }
    #expect(error?.reason.rawValue == reason && error?.code == .invalidArgument)
    #expect(error?.message.contains("canary") == false)
    #expect(throws: Never.self) {
      try EnvChange(
        values: ["_a9": "", String(repeating: "n", count: 255): "x"], unset: ["Z"]
      ).checkForm()
    }
  }

  @Test("RR-09 sizes are checked on the result; messages have no value (RE11)")
  func sizes() throws {
    let entries = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("N\($0)", "canary") })
    let big = Dictionary(
      uniqueKeysWithValues: (0..<16).map { ("M\($0)", String(repeating: "x", count: 65_536)) })
    let cases: [(EnvChange, String)] = [
      (EnvChange(values: entries), "1002 entries, the limit is 1000"),
      (
        EnvChange(values: ["A": String(repeating: "canary", count: 11_000)]),
        "value of A has 66000 bytes, the limit is 65536"
      ),
      (EnvChange(values: big), "limit is 1048576"),
      (EnvChange(secret: (0...1000).map { "S\($0)" }), "1001 entries"),
    ]
    for (change, sentence) in cases {
      var environment = RunEnvironment(values: Self.root.env)
      let before = environment
      let error = #expect(throws: BatonError.self) { try apply(change, to: &environment) }
      #expect(error?.reason == "env_limit" && error?.code == .resourceExhausted)
      #expect(error?.message.contains(sentence) == true && environment == before)
      #expect(error?.message.contains("canary") == false)
    }
    // What is unset in the same change makes room; the arguments (5 bytes) share the bound.
    var environment = RunEnvironment(values: Self.root.env)
    _ = try apply(EnvChange(values: entries, unset: ["K", "L"]), to: &environment)
    #expect(environment.values.count == 1000)
    var exact = RunEnvironment(values: [:])
    let half = String(repeating: "x", count: 65_536)
    var values = Dictionary(uniqueKeysWithValues: (10..<25).map { ("M\($0)", half) })
    let rest = 1_048_576 - 15 * (65_536 + 3) - 5 - 1
    values["R"] = String(repeating: "x", count: rest)
    _ = try apply(EnvChange(values: values), to: &exact)
    let error = #expect(throws: BatonError.self) {
      try apply(EnvChange(values: ["S": ""]), to: &exact)
    }
    #expect(error?.message.contains("1048577 bytes together") == true)
  }

  @Test("there are at most 10,000 revisions (RE15)")
  func revisions() throws {
    var environment = RunEnvironment(revision: 9_999, values: [:])
    let last = try apply(EnvChange(values: ["A": "1"]), to: &environment)
    #expect(last?.number == 10_000)
    let error = #expect(throws: BatonError.self) {
      try apply(EnvChange(values: ["A": "2"]), to: &environment)
    }
    #expect(error?.reason == "env_revision_limit" && environment.values == ["A": "1"])
    let none = try apply(EnvChange(values: ["A": "1"]), to: &environment)
    #expect(none == nil)
  }

  @Test("an outdated revision is refused with the newest (RE21)")
  func expected() {
    let environment = RunEnvironment(revision: 7, values: [:])
    #expect(throws: Never.self) { try environment.expect(0) }
    #expect(throws: Never.self) { try environment.expect(7) }
    let error = #expect(throws: BatonError.self) { try environment.expect(6) }
    #expect(error?.reason == "env_changed" && error?.code == .aborted)
    #expect(error?.message.contains("is 7, not 6") == true)
  }

  @Test("the status of the root decides whether UpdateEnv is allowed (RE20)")
  func updates() {
    let refusals: [RunStatus: String] = [
      .stopping: "run_stopping", .rejected: "run_rejected", .completed: "run_completed",
    ]
    for status in RunStatus.allCases {
      let refusal = RunEnvironment.refusalOfUpdate(root: RunScript.id, in: status)
      #expect(refusal?.reason.rawValue == refusals[status], "\(status.word)")
    }
  }
}
