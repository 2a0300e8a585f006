internal import BatonCore
internal import BatonStore
internal import BatonWire

extension TokenStoreService {
  /// Answers a read: at once when all that it needs is in memory, otherwise from a task.
  func serve<Read: TokenRead>(_ read: Read, _ call: UnaryCall<Read.Answer>) {
    do {
      if let answer = try answerNow(read, call.context) {
        call.reply(answer)
        return
      }
    } catch {
      call.fail(answer(to: error, call.context))
      return
    }
    let context = call.context
    call.respond { [self] in
      do {
        return try await answerLater(read, context)
      } catch {
        throw answer(to: error, context)
      }
    }
  }

  // MARK: - From memory

  /// The answer as far as memory has it; nil: the store must be asked.
  private func answerNow<Read: TokenRead>(
    _ read: Read, _ context: any ServerContext
  ) throws -> Read.Answer? {
    let snapshot: TokenSnapshot
    let viewpoint: TokenViewpoint
    switch try CallIdentity.of(context) {
    case .reader:
      // Any other form of run id is judged, or looked up, in the task.
      guard let run = read.run, let id = RunID(run.runID) else { return nil }
      try read.checkForm()
      guard let found = store.residentToken(of: id) else { return nil }
      let locator = RunLocator(run)
      guard locator.matches(found.run.workflow) else { throw locator.notFound }
      if case nil = read.viewpoint, let answer = try read.soleAnswer(found) { return answer }
      snapshot = found
      viewpoint = try TokenViewpoint(read.viewpoint)
    case .task(let digest):
      guard let grant = grants.grant(of: digest) else { return nil }
      try check(read, grant)
      guard let found = store.residentToken(of: grant.attempt.run),
        let isAlive = grant.isAlive(found)
      else { return nil }
      guard isAlive else {
        grants.forget(digest)
        throw grant.ended
      }
      try checkForm(of: read, grant)
      snapshot = found
      viewpoint = grant.viewpoint
    }
    guard read.isQuick(snapshot), let graph = graphs.graph(of: snapshot.run) else { return nil }
    do {
      return try read.answer(
        RunToken(snapshot: snapshot, graph: graph, viewpoint: viewpoint, options: options))
    } catch is TokenView.HistoryMissing {
      return nil
    }
  }

  // MARK: - From the store

  private func answerLater<Read: TokenRead>(
    _ read: Read, _ context: any ServerContext
  ) async throws -> Read.Answer {
    switch try CallIdentity.of(context) {
    case .reader:
      let locator = RunLocator(read.run ?? Wire.RunRef())
      _ = try locator.baseID()
      try read.checkForm()
      let (snapshot, graph) = try await token(of: locator, key: read.soleKey)
      return try await answer(read, snapshot, graph, try TokenViewpoint(read.viewpoint))
    case .task(let digest):
      let grant = try await verifiedGrant(of: digest)
      try check(read, grant)
      let isAlive = try await store.readAsync { try grant.isAlive($0) }
      guard isAlive else {
        grants.forget(digest)
        throw grant.ended
      }
      try checkForm(of: read, grant)
      let found = try await token(of: grant.attempt.run, key: read.soleKey, history: false)
      guard let snapshot = found else { throw grant.runNotFound }
      return try await answer(read, snapshot, try await graph(of: snapshot), grant.viewpoint)
    }
  }

  /// The answer from a token, with the history that it may need.
  private func answer<Read: TokenRead>(
    _ read: Read, _ snapshot: TokenSnapshot, _ graph: TokenGraph, _ viewpoint: TokenViewpoint
  ) async throws -> Read.Answer {
    let token = RunToken(
      snapshot: snapshot, graph: graph, viewpoint: viewpoint, options: options)
    do {
      return try read.answer(token)
    } catch is TokenView.HistoryMissing {
      let found = try await self.token(of: snapshot.run.id, key: read.soleKey, history: true)
      guard let whole = found else {
        throw BatonError(.notFound, "run_not_found", "no run \(snapshot.run.id)")
      }
      return try read.answer(
        RunToken(snapshot: whole, graph: graph, viewpoint: viewpoint, options: options))
    }
  }

  // MARK: - Checks

  private func check(_ read: some TokenRead, _ grant: TaskGrant) throws {
    try grant.checkRun(read.run)
    if let viewpoint = read.viewpoint {
      try grant.checkAttempt(node: viewpoint.atNode, attempt: viewpoint.atAttempt)
    }
  }

  private func checkForm(of read: some TokenRead, _ grant: TaskGrant) throws {
    try grant.checkRunID(read.run)
    try read.checkForm()
  }
}
