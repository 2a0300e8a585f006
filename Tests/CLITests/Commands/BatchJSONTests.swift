import BatonClient
import BatonWire
import Testing
import baton

@Suite struct BatchJSONTests {
  @Test("B7.2 an answer with a run, byte for byte") func run() {
    var run = Wire.RunRecord()
    run.runID = "019a5e0c-7b1e-7c3a-9f00-1d2e3f405162"
    run.status = .completed
    run.version = 3
    run.created = 1_234_567_890_123
    run.started = 1_234_567_891_004
    run.ended = 1_234_567_950_771
    run.trigger = .manual
    var result = Wire.BatchRunsResult()
    result.namespace = "default"
    result.appID = "my-app"
    result.programType = "WORKFLOW"
    result.programID = "DataPipelineWorkflow"
    result.statusCode = 200
    result.runs = [run]
    let expected =
      #"{"appId":"my-app","programType":"WORKFLOW","programId":"DataPipelineWorkflow","#
      + #""statusCode":200,"runs":[{"runid":"019a5e0c-7b1e-7c3a-9f00-1d2e3f405162","#
      + #""starting":1234567890,"start":1234567891,"end":1234567950,"startingMs":1234567890123,"#
      + #""startMs":1234567891004,"endMs":1234567950771,"status":"COMPLETED","version":3,"#
      + #""trigger":"manual"}]}"#
    #expect(BatchJSON.value(BatchElement(result), namespace: nil).text == expected)
  }

  @Test("B4.1 every member has its place") func everything() {
    var run = Wire.RunRecord()
    run.runID = "r:n:2"
    run.externalRunID = "x"
    run.status = .failed
    run.version = 1
    run.created = 1000
    (run.started, run.suspended, run.resumed, run.stopping, run.ended) = (2999, 3000, 4000, 5000, 6)
    run.trigger = .schedule
    run.schedule = "s"
    run.chainDepth = 1
    (run.parentRunID, run.node, run.attempt) = ("r", "n", 2)
    (run.reruns, run.skips, run.reason) = (4, 5, "exit_nonzero")
    var result = Wire.BatchRunsResult()
    (result.appID, result.programType, result.programID) = ("a", "COMMAND", "p")
    result.statusCode = 200
    result.runs = [run]
    result.nextCursor = "c"
    let expected =
      #"{"namespace":"ns","appId":"a","programType":"COMMAND","programId":"p","statusCode":200,"#
      + #""runs":[{"runid":"r:n:2","externalRunId":"x","starting":1,"start":2,"suspend":3,"#
      + #""resume":4,"stopping":5,"end":0,"startingMs":1000,"startMs":2999,"endMs":6,"#
      + #""status":"FAILED","version":1,"trigger":"schedule","schedule":"s","chainDepth":1,"#
      + #""parentRunId":"r","node":"n","attempt":2,"reruns":4,"skips":5,"reason":"exit_nonzero"}],"#
      + #""nextCursor":"c"}"#
    #expect(BatchJSON.value(BatchElement(result), namespace: "ns").text == expected)
  }

  @Test("B7.2 an error has no runs") func error() {
    var result = Wire.BatchRunsResult()
    (result.appID, result.programType, result.programID) = ("my-app", "WORKFLOW", "Wurkflu")
    result.statusCode = 404
    (result.reason, result.message) = ("program_not_found", "no program Wurkflu")
    #expect(
      BatchJSON.value(BatchElement(result), namespace: nil).text
        == #"{"appId":"my-app","programType":"WORKFLOW","programId":"Wurkflu","statusCode":404,"#
        + #""reason":"program_not_found","message":"no program Wurkflu"}"#)
  }

  @Test("BR-05 a program without runs has an empty list") func noRuns() {
    var result = Wire.BatchRunsResult()
    result.statusCode = 200
    let text = BatchJSON.value(BatchElement(result), namespace: nil).text
    #expect(text.hasSuffix(#""statusCode":200,"runs":[]}"#))
  }
}
