import BatonClient
import Testing
import baton

@Suite struct ExitStatusTests {
  @Test(
    "C10 every code has its exit code",
    arguments: [
      (.invalidArgument, 3), (.failedPrecondition, 3), (.alreadyExists, 3), (.aborted, 3),
      (.notFound, 4), (.unavailable, 5), (.deadlineExceeded, 5), (.unauthenticated, 6),
      (.permissionDenied, 6), (.resourceExhausted, 7), (.internal, 8), (.unknown, 8),
      (.cancelled, 8), (.unimplemented, 8), (.init(rawValue: 99), 8),
    ] as [(BatonError.Code, Int32)])
  func codes(code: BatonError.Code, expected: Int32) {
    #expect(ExitStatus(code).rawValue == expected)
  }

  @Test(
    "C10 a waited run that did not end well is 1",
    arguments: [(RunStatus.completed, 0), (.failed, 1), (.killed, 1), (.rejected, 1)]
      as [(RunStatus, Int32)])
  func runs(status: RunStatus, expected: Int32) {
    #expect(ExitStatus(endOf: status).rawValue == expected)
  }

  @Test func errorsAreOneOrTwoLines() {
    let error = BatonError(.notFound, "run_not_found", "no run \u{1B}x", hint: "look again")
    let report = ErrorReport(error)
    #expect(report.lines == ["error: run_not_found: no run \u{FFFD}x", "hint: look again"])
    let expected =
      #"{"error":{"code":"NOT_FOUND","reason":"run_not_found","message":"no run \u001bx"}}"#
    #expect(report.json.text == expected)
  }

  @Test("G11 the problems of a file stand on lines of their own") func problems() {
    let error = BatonError(
      .invalidArgument, "app_invalid", "2 problems", hint: "[1] 3:5 a: x: y\n[2] 4:1 b: z: \u{1B}")
    let report = ErrorReport(error)
    #expect(
      report.lines == [
        "error: app_invalid: 2 problems", "  [1] 3:5 a: x: y", "  [2] 4:1 b: z: \u{FFFD}",
      ])
    let message = #""message":"2 problems\n[1] 3:5 a: x: y\n[2] 4:1 b: z: \u001b""#
    #expect(report.json.text.contains(message))
  }
}
