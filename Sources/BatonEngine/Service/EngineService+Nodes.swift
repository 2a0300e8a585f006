internal import BatonCore
internal import BatonExec
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Every node of the run's version in graph order, with attempts when asked for (CT6).
  package func listNodes(
    _ request: Wire.ListNodesRequest, _ call: UnaryCall<Wire.ListNodesResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      let size = try PageSize.checked(request.pageSize)
      let statuses = try Self.nodeStatuses(request.statuses)
      let filter = statuses.map(\.word).sorted().joined(separator: ",")
      let place = try PageToken.decode(
        request.pageToken, kind: "nodes", request.run?.runID ?? "", filter)
      let after = place.flatMap { Int($0) } ?? -1
      let catalog = engine.catalog
      return try await engine.store.readAsync { reader in
        let run = try reader.run(locator)
        let plan = try catalog.requirePlan(run, reader)
        let nodes = try reader.nodes(of: run.header.id).filter {
          $0.rank > after && (statuses.isEmpty || statuses.contains($0.status))
        }
        let attempts =
          request.withAttempts ? try reader.attempts(of: run.header.id, node: nil) : []
        let byNode = Dictionary(grouping: attempts, by: \.id.node)
        var response = Wire.ListNodesResponse()
        for node in nodes.prefix(size) {
          let step = plan.steps[plan.graph.order[node.rank]]
          response.nodes.append(
            Wire.NodeRecord(node, step, attempts: (byNode[node.node] ?? []).suffix(100)))
        }
        if nodes.count > size, let last = nodes.prefix(size).last {
          response.nextPageToken = PageToken.encode(
            "\(last.rank)", kind: "nodes", request.run?.runID ?? "", filter)
        }
        return response
      }
    }
  }

  /// One attempt with what it used (G39).
  package func getAttempt(
    _ request: Wire.GetAttemptRequest, _ call: UnaryCall<Wire.GetAttemptResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      let catalog = engine.catalog
      return try await engine.store.readAsync { reader in
        let run = try reader.run(locator)
        let plan = try catalog.requirePlan(run, reader)
        let attempt = try reader.requireAttempt(
          run, plan, node: request.node, number: Int(request.attempt))
        return Wire.GetAttemptResponse(
          node: attempt.id.node, attempt: Wire.AttemptRecord(attempt),
          argv: attempt.used?.argv ?? [], arguments: run.header.arguments,
          properties: attempt.used?.properties ?? [:],
          env: run.header.env.merging(attempt.used?.env ?? [:]) { _, new in new })
      }
    }
  }

  /// The output of an attempt, from any offset, followed when asked (G55).
  package func getNodeLog(
    _ request: Wire.GetNodeLogRequest, _ call: ServerStreamCall<Wire.LogChunk>
  ) {
    respond(to: call) { writer in
      let locator = try Self.locator(request.run)
      let catalog = engine.catalog
      let id = try await engine.store.readAsync { reader in
        let run = try reader.run(locator)
        let plan = try catalog.requirePlan(run, reader)
        return try reader.requireAttempt(
          run, plan, node: request.node, number: Int(request.attempt)
        ).id
      }
      var streams: [LogChunk.Stream] = []
      if request.streams.isEmpty || request.streams.contains(.stdout) {
        streams.append(.standardOutput)
      }
      if request.streams.isEmpty || request.streams.contains(.stderr) {
        streams.append(.standardError)
      }
      do {
        try await logs.readLog(
          AttemptKey(id), streams: streams, offset: UInt64(clamping: request.offset),
          follow: request.follow
        ) { chunk in
          try await writer.send(Wire.LogChunk(chunk))
        }
      } catch let error as ExecError where error.code == .attemptNotFound {
        // The attempt is recorded, but no process was started for it: it has written nothing.
        return
      }
    }
  }

  private static func nodeStatuses(_ words: [String]) throws(BatonError) -> Set<NodeStatus> {
    var statuses: Set<NodeStatus> = []
    for word in words {
      guard let status = NodeStatus(word: word) else {
        throw BatonError(
          .invalidArgument, "status_invalid", "`\(word.prefix(64))` is no node status",
          hint: "statuses: " + NodeStatus.allCases.map(\.word).joined(separator: ", "))
      }
      statuses.insert(status)
    }
    return statuses
  }
}

extension ApplicationCatalog {
  /// The plan to which a run is pinned.
  func requirePlan(_ run: RunRecord, _ reader: any ApplicationReads) throws -> RunPlan {
    guard let plan = try plan(run.header.workflow, version: run.header.version, reader) else {
      throw StoreError.damaged("the application version of run \(run.header.id) is missing")
    }
    return plan
  }
}

extension RunReads {
  /// An attempt by number; 0: the newest.
  ///
  /// - Throws: NOT_FOUND `node_not_found`, `attempt_not_found`.
  func requireAttempt(
    _ run: RunRecord, _ plan: RunPlan, node: String, number: Int
  ) throws -> AttemptRecord {
    guard node == plan.workflow.name || plan.graph.index(of: node) != nil else {
      throw BatonError(
        .notFound, "node_not_found", "workflow \(plan.workflow.name) has no node \(node)")
    }
    let attempts = try attempts(of: run.header.id, node: node)
    let found = number == 0 ? attempts.last : attempts.first { $0.id.attempt == number }
    guard let found else {
      let what = number == 0 ? "no attempt yet" : "no attempt \(number)"
      throw BatonError(
        .notFound, "attempt_not_found", "node \(node) of run \(run.header.id) has \(what)")
    }
    return found
  }
}

extension Wire.LogChunk {
  init(_ chunk: LogChunk) {
    self.init(
      stream: chunk.stream == .standardOutput ? .stdout : .stderr,
      offset: Int64(clamping: chunk.offset), time: chunk.time.milliseconds, data: chunk.data,
      droppedBytes: Int64(clamping: chunk.droppedBytes))
  }
}
