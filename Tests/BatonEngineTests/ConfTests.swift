import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonStore
import BatonWire
import Testing

/// The `conf` of triggers through the RPCs (SR2).
@Suite("conf of triggers", .timeLimit(.minutes(1))) struct ConfTests {
  @Test("members are arguments; programs get the text unchanged", arguments: Deployment.allCases)
  func members(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: p}",
        more: "arguments: {need: {required: true}, d: {default: x}}",
        programs: "p: {type: COMMAND, argv: [p, \"${arg.job}\", \"${arg.n}\", \"${arg.d}\"]}")
      let long = String(repeating: "x", count: 65_537)
      let text = #" {"job": {"out": "/o"}, "n":1.50, "need":"", "long":"\#(long)", "z":"\u0000"}"#
      let run = try await house.trigger(conf: text, arguments: ["other": "1"])
      try await house.end(of: run)
      let spec = try #require(house.programs.launches(of: "A").first)
      #expect(spec.argv == ["p", #"{"out":"/o"}"#, "1.50", "x"])
      #expect(spec.file("BATON_CONF_JSON") == text)
      let details = try #require(try await house.details(run).details)
      #expect(details.conf == text && details.confOnly == ["long", "z"])
      #expect(
        details.arguments == [
          "job": #"{"out":"/o"}"#, "n": "1.50", "need": "", "d": "x", "other": "1",
        ])
    }
  }

  @Test("members beyond the number of arguments stay in conf")
  func many() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(
        nodes: "[]", more: "arguments: {last: {default: x}, free: {default: y}}")
      let members = (0..<1000).map { "\"m\($0)\":\($0)" } + ["\"last\":true"]
      let run = try await house.trigger(conf: "{\(members.joined(separator: ","))}")
      let details = try #require(try await house.details(run).details)
      #expect(details.arguments.count == 1000 && details.arguments["last"] == "true")
      #expect(details.confOnly == ["m998", "m999"])
    }
  }

  @Test("what is refused, and leaves no run")
  func refusals() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "[]", more: "arguments: {need: {required: true}}")
      for text in ["{", "[]", "5", "null", #"{"a":NaN}"#, #"{"a":1,"a":2}"#, " "] {
        let error = await refused("conf_invalid") { _ = try await house.trigger(conf: text) }
        #expect(error?.message.contains("at byte") == true)
      }
      _ = await refused("argument_conflict") {
        _ = try await house.trigger(conf: #"{"need":1}"#, arguments: ["need": "1"])
      }
      let long = String(repeating: "x", count: 65_537)
      _ = await refused("argument_missing") {
        _ = try await house.trigger(conf: #"{"need":"\#(long)"}"#)
      }
      #expect(try await house.client.listRuns(.init()).runs.isEmpty)
    }
  }

  @Test("conf is part of what a request id stands for")
  func requestID() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "[]")
      let first = try await house.trigger(conf: #"{"a":1}"#, requestID: "r")
      #expect(try await house.trigger(conf: #"{"a":1}"#, requestID: "r") == first)
      _ = await refused("request_id_reused", .alreadyExists) {
        _ = try await house.trigger(conf: #"{"a": 1}"#, requestID: "r")
      }
    }
  }
}

extension EngineFixture {
  fileprivate func trigger(
    conf: String, arguments: [String: String] = [:], requestID: String = ""
  ) async throws -> String {
    try await client.triggerPipeline(
      .init(
        application: "demo", workflow: "W", arguments: arguments, conf: conf,
        requestID: requestID)
    ).runID
  }
}
