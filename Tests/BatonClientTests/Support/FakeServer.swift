import BatonClient
import BatonRPC
import BatonWire
import Synchronization

/// An engine and a token store that answer what a test says, and remember what they were asked.
final class FakeServer: Wire.EngineService, Wire.TokenStoreService, Sendable {
  struct Script: Sendable {
    var runs: [Wire.RunRecord] = []
    /// What each call of WatchRun sends before it ends with an error, or well for nil.
    var watches: [(events: [Wire.RunEvent], error: BatonError?)] = []
    var logs: [(chunks: [Wire.LogChunk], error: BatonError?)] = []
    var tokenPages: [Wire.ListTokensResponse] = []
    var entry: Wire.TokenEntry?
  }

  struct Asked: Sendable {
    var triggers: [Wire.TriggerPipelineRequest] = []
    var watches: [Wire.WatchRunRequest] = []
    var logs: [Wire.GetNodeLogRequest] = []
    var listings: [Wire.ListRunsRequest] = []
    var tokens: [Wire.GetTokenRequest] = []
    var puts: [Wire.PutTokenRequest] = []
    var batches: [Wire.BatchRunsRequest] = []
    var metadata: [Metadata] = []
  }

  private let script: Mutex<Script>
  private let log = Mutex(Asked())

  init(_ script: Script = Script()) {
    self.script = Mutex(script)
  }

  var asked: Asked { log.withLock { $0 } }

  /// Serves a client within the process.
  func serve<Result: Sendable>(
    options: ClientOptions = ClientOptions(), _ body: (BatonClient) async throws -> Result
  ) async throws -> Result {
    let transport = InProcessTransport(
      services: [
        (self as any Wire.EngineService).definition,
        (self as any Wire.TokenStoreService).definition,
      ])
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await transport.run() }
      defer { transport.close() }
      return try await body(BatonClient(caller: transport, options: options))
    }
  }

  func triggerPipeline(
    _ request: Wire.TriggerPipelineRequest, _ call: UnaryCall<Wire.TriggerPipelineResponse>
  ) {
    log.withLock { $0.triggers.append(request) }
    call.reply(Wire.TriggerPipelineResponse(runID: "run-1", version: 3, status: .pending))
  }

  func getRun(_ request: Wire.GetRunRequest, _ call: UnaryCall<Wire.GetRunResponse>) {
    let run = script.withLock { script in
      script.runs.count > 1 ? script.runs.removeFirst() : script.runs.first
    }
    guard let run else {
      return call.fail(BatonError(.notFound, "run_not_found", "no run \(request.run?.runID ?? "")"))
    }
    call.reply(Wire.GetRunResponse(run: run))
  }

  func listRuns(_ request: Wire.ListRunsRequest, _ call: UnaryCall<Wire.ListRunsResponse>) {
    log.withLock { $0.listings.append(request) }
    let runs = script.withLock { $0.runs }
    let start = Int(request.pageToken) ?? 0
    let end = min(runs.count, start + min(Int(request.pageSize), 2))
    call.reply(
      Wire.ListRunsResponse(
        runs: Array(runs[start..<end]), nextPageToken: end < runs.count ? String(end) : ""))
  }

  func watchRun(_ request: Wire.WatchRunRequest, _ call: ServerStreamCall<Wire.RunEvent>) {
    log.withLock { $0.watches.append(request) }
    let watch = script.withLock { $0.watches.isEmpty ? nil : $0.watches.removeFirst() }
    call.respond { writer in
      for event in watch?.events ?? [] { try await writer.send(event) }
      if let error = watch?.error { throw error }
    }
  }

  func getNodeLog(_ request: Wire.GetNodeLogRequest, _ call: ServerStreamCall<Wire.LogChunk>) {
    log.withLock { $0.logs.append(request) }
    let part = script.withLock { $0.logs.isEmpty ? nil : $0.logs.removeFirst() }
    call.respond { writer in
      for chunk in part?.chunks ?? [] { try await writer.send(chunk) }
      if let error = part?.error { throw error }
    }
  }

  func batchRuns(_ request: Wire.BatchRunsRequest, _ call: UnaryCall<Wire.BatchRunsResponse>) {
    log.withLock { $0.batches.append(request) }
    call.reply(
      Wire.BatchRunsResponse(
        results: request.programs.map {
          Wire.BatchRunsResult(appID: $0.appID, programID: $0.programID, statusCode: 200)
        }, snapshotTime: 5))
  }

  func listTokens(_ request: Wire.ListTokensRequest, _ call: UnaryCall<Wire.ListTokensResponse>) {
    let page = script.withLock { script in
      script.tokenPages.isEmpty ? nil : script.tokenPages.removeFirst()
    }
    call.reply(page ?? Wire.ListTokensResponse())
  }

  func getToken(_ request: Wire.GetTokenRequest, _ call: UnaryCall<Wire.GetTokenResponse>) {
    log.withLock {
      $0.tokens.append(request)
      $0.metadata.append(call.context.metadata)
    }
    guard var entry = script.withLock({ $0.entry }) else {
      return call.fail(BatonError(.notFound, "token_key_not_found", "no key \(request.key)"))
    }
    entry.key = request.key
    call.reply(Wire.GetTokenResponse(entry: entry))
  }

  func putToken(_ request: Wire.PutTokenRequest, _ call: UnaryCall<Wire.PutTokenResponse>) {
    log.withLock {
      $0.puts.append(request)
      $0.metadata.append(call.context.metadata)
    }
    call.reply(Wire.PutTokenResponse(firstSeq: 1, lastSeq: 2, usedBytes: 3, limitBytes: 4))
  }
}
