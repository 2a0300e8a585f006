import BatonClient
import BatonWire
import Testing
import baton

@Suite struct FailureTextTests {
  private static func details(_ failures: [Wire.RunFailure], total: UInt32) throws -> RunDetails {
    try RunDetails(
      Wire.GetRunResponse(
        run: Wire.RunRecord(runID: "r", status: .failed),
        details: Wire.RunDetails(
          failure: failures.first, failures: failures, failuresTotal: total)))
  }

  @Test("a failure names node, attempt, reason and what happened") func lines() throws {
    let failures = [
      Wire.RunFailure(
        node: "parse", attempt: 2, reason: "exit_nonzero", message: "the program ended with 3"),
      Wire.RunFailure(reason: "argument_missing", message: "day\nis missing"),
    ]
    let details = try Self.details(failures, total: 5)
    #expect(
      FailureText.lines(details) == [
        "node parse #2: exit_nonzero: the program ended with 3",
        "argument_missing: day⏎is missing",
        "and 3 more failures",
      ])
  }

  @Test("a run without failures has no line") func none() throws {
    let details = try Self.details([], total: 0)
    #expect(FailureText.lines(details) == [])
  }
}
