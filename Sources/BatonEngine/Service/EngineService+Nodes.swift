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
      let empty = try PageFill<Wire.NodeRecord>(size: request.pageSize)
      let statuses = try Self.nodeStatuses(request.statuses)
      let filter = statuses.map(\.word).sorted().joined(separator: ",")
      let place = try PageToken.decode(
        request.pageToken, kind: "nodes", request.run?.runID ?? "", filter)
      let after = try place.map { (text) throws(BatonError) in
        guard let rank = Int(text) else { throw PlaceToken.invalid }
        return rank
      }
      let catalog = engine.catalog
      return try await engine.store.readAsync { reader in
        let run = try reader.run(locator)
        let plan = try catalog.requirePlan(run, reader)
        let nodes = try reader.nodes(of: run.header.id).filter {
          $0.rank > after ?? -1 && (statuses.isEmpty || statuses.contains($0.status))
        }
        var page = empty
        var response = Wire.ListNodesResponse()
        for (index, node) in nodes.enumerated() {
          let attempts =
            request.withAttempts && node.attempts > 0 && page.hasRoom
            ? try reader.attempts(of: run.header.id, node: node.node) : []
          let step = plan.steps[plan.graph.order[node.rank]]
          guard page.admits(Wire.NodeRecord(node, step, attempts: attempts)) else {
            response.nextPageToken = PageToken.encode(
              "\(nodes[index - 1].rank)", kind: "nodes", request.run?.runID ?? "", filter)
            break
          }
        }
        response.nodes = page.elements
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
          run, plan, node: request.node, number: Int(request.attempt),
          item: request.item.map { (Int($0), Int(request.itemAttempt)) })
        let root = run.header.root
        let environment = try reader.environment(of: root, at: attempt.envRevision)
        return Wire.GetAttemptResponse(
          attempt, of: run, environment ?? RunEnvironment(values: [:]),
          secret: try reader.environment(of: root)?.secret ?? [])
      }
    }
  }

  /// The output of an attempt, from any offset, followed when asked (G55).
  package func getNodeLog(
    _ request: Wire.GetNodeLogRequest, _ call: ServerStreamCall<Wire.LogChunk>
  ) {
    respond(to: call) { writer in
      let locator = try Self.locator(request.run)
      let streams = try Self.logStreams(request.streams)
      guard let offset = UInt64(exactly: request.offset) else {
        throw BatonError(
          .invalidArgument, "limit_invalid", "offset is \(request.offset), it must be 0 or more")
      }
      let catalog = engine.catalog
      let id = try await engine.store.readAsync { reader in
        let run = try reader.run(locator)
        let plan = try catalog.requirePlan(run, reader)
        return try reader.requireAttempt(
          run, plan, node: request.node, number: Int(request.attempt),
          item: request.item.map { (Int($0), Int(request.itemAttempt)) }
        ).id
      }
      // Subscribed before the log is looked for: a program that is launched after the look, or an
      // attempt that ends after it, wakes this call.
      let changes = try engine.store.changes.changes(of: id.run)
      var wakes = changes.makeAsyncIterator()
      while try await !sendLog(of: id, streams, offset, follow: request.follow, writer) {
        guard request.follow else { return }
        let status = try await engine.store.readAsync { try $0.attemptStatus(id) }
        // Recorded, but no process was started for it: it has written nothing.
        guard status == .running else { return }
        guard await wakes.next() != nil else { throw Self.draining }
      }
    }
  }

  /// Sends the output of an attempt.
  ///
  /// - Returns: False when no program was launched for it, or not yet.
  private func sendLog(
    of id: AttemptID, _ streams: [LogChunk.Stream], _ offset: UInt64, follow: Bool,
    _ writer: MessageWriter<Wire.LogChunk>
  ) async throws -> Bool {
    do {
      try await logs.readLog(AttemptKey(id), streams: streams, offset: offset, follow: follow) {
        try await writer.send(Wire.LogChunk($0))
      }
      return true
    } catch let error as ExecError where error.code == .attemptNotFound {
      return false
    }
  }

  /// - Throws: INVALID_ARGUMENT `filter_invalid`.
  private static func logStreams(
    _ streams: [Wire.LogStream]
  ) throws(BatonError) -> [LogChunk.Stream] {
    for stream in streams where stream != .stdout && stream != .stderr {
      throw BatonError(.invalidArgument, "filter_invalid", "stream \(stream.rawValue) is unknown")
    }
    var wanted: [LogChunk.Stream] = []
    if streams.isEmpty || streams.contains(.stdout) { wanted.append(.standardOutput) }
    if streams.isEmpty || streams.contains(.stderr) { wanted.append(.standardError) }
    return wanted
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
      throw StoreError.unreadable("the application version of run \(run.header.id) is missing")
    }
    return plan
  }
}

extension StoreReader {
  /// An attempt by number; 0: the newest.
  ///
  /// - Throws: NOT_FOUND `node_not_found`, `attempt_not_found`.
  func requireAttempt(
    _ run: RunRecord, _ plan: RunPlan, node: String, number: Int,
    item: (index: Int, attempt: Int)? = nil
  ) throws -> AttemptRecord {
    guard node == plan.workflow.name || plan.graph.index(of: node) != nil else {
      throw BatonError(
        .notFound, "node_not_found", "workflow \(plan.workflow.name) has no node \(node)")
    }
    if let item {
      return try requireAttempt(run, node, pass: number, index: item.index, number: item.attempt)
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

  /// An attempt of an item; 0 stands for the newest, of any pass.
  private func requireAttempt(
    _ run: RunRecord, _ node: String, pass: Int, index: Int, number: Int
  ) throws -> AttemptRecord {
    let attempts = try itemAttempts(of: run.header.id, node: node, indexes: index...index)
      .filter { pass == 0 || $0.id.attempt == pass }
    let found = number == 0 ? attempts.last : attempts.first { $0.id.item?.attempt == number }
    guard let found else {
      let what = number == 0 ? "no attempt yet" : "no attempt \(number)"
      throw BatonError(
        .notFound, "attempt_not_found",
        "item \(index) of node \(node) of run \(run.header.id) has \(what)")
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
