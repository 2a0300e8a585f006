internal import BatonClient
internal import BatonWire

/// The workloads that make one kind of call over and over.
enum CallBench {
  /// A round trip through the session service.
  static func ping(_ target: BenchTarget) async throws -> BenchReport {
    let request = Wire.PingRequest(data: [UInt8](repeating: 0x2A, count: 32))
    return try await CallLoad<_, Wire.PingResponse>(
      target: target, method: Wire.Session.ping, request: request
    ).run("ping")
  }

  /// Reads of one key of an ended run.
  static func getToken(_ target: BenchTarget) async throws -> BenchReport {
    let run = try await target.withClient { client in
      try await client.deploy(BenchApplication.single("bench-token", workflows: ["single"]))
      let run = try await client.trigger("bench-token/single")
      _ = try await run.waitForEnd()
      return run.id
    }
    var request = Wire.GetTokenRequest()
    request.run = Wire.RunRef(namespace: target.options.namespace, runID: run)
    request.key = BenchApplication.key
    return try await CallLoad<_, Wire.GetTokenResponse>(
      target: target, method: Wire.TokenStore.getToken, request: request
    ).run("get-token")
  }

  /// Durably recorded runs of one no-op node.
  static func trigger(_ target: BenchTarget) async throws -> BenchReport {
    try await target.withClient { client in
      _ = try await client.deploy(
        BenchApplication.many(
          "bench-trigger", workflow: "single", nodes: 1, .noop, isChain: true))
    }
    var request = Wire.TriggerPipelineRequest()
    request.namespace = target.options.namespace
    request.application = "bench-trigger"
    request.workflow = "single"
    return try await CallLoad<_, Wire.TriggerPipelineResponse>(
      target: target, method: Wire.Engine.triggerPipeline, request: request
    ).run("trigger")
  }

  /// The newest runs of many programs in one call.
  static func batchRuns(_ target: BenchTarget) async throws -> BenchReport {
    let shape = target.shape
    let workflows = BenchApplication.batchWorkflows(shape.programs)
    try await target.withClient { client in
      try await client.deploy(
        BenchApplication.single(BenchApplication.batch, workflows: workflows))
      for workflow in workflows {
        let id = WorkflowID(
          namespace: client.namespace, application: BenchApplication.batch, workflow: workflow)
        let present = try await client.runs(RunFilter(workflow: id), limit: shape.runs).count
        for _ in present..<max(present, shape.runs) { _ = try await client.trigger(id) }
      }
    }
    var request = Wire.BatchRunsRequest()
    request.namespace = target.options.namespace
    request.programs = workflows.map { workflow in
      Wire.BatchRunsProgram(
        appID: BenchApplication.batch, programType: "WORKFLOW", programID: workflow,
        limit: Int32(clamping: shape.runs))
    }
    return try await CallLoad<_, Wire.BatchRunsResponse>(
      target: target, method: Wire.Engine.batchRuns, request: request
    ).run("batch-runs")
  }
}
