internal import BatonCore
internal import BatonStore

/// Passes over the items of `for_each` (RE105–RE109).
extension RunStepper {
  // MARK: - Starting

  /// Starts a pass: its list is read once (RE105).
  mutating func startPass(_ position: Int, _ step: RunPlan.Step, _ forEach: ForEach) {
    do {
      let renderer = InputRenderer(machine, step, try reader(position, step))
      let elements = try ForEach.elements(of: renderer.text(forEach.items))
      machine.startPass(position, elements, now: now)
      if let id = machine.running[position]?.id { unstored.insert(id) }
    } catch {
      fail(position, error)
    }
  }

  /// Starts the next attempt of an item.
  ///
  /// - Returns: Whether to go on with what is due next.
  mutating func startItem(_ position: Int, _ index: Int) -> Bool {
    let step = machine.plan.steps[position]
    let id = machine.nextAttempt(of: position, item: index)
    let isUnstored = unstored.contains(id.pass) || unstored.contains(id.ofAnyAttempt)
    if mustWait(step) || step.startReadsToken && isUnstored {
      hasMore = true
      return false
    }
    guard takeSlot(for: step) else { return false }
    do {
      try prepareItem(position, index, step)
    } catch {
      if step.needsSlot { releaseSlot() }
      guard let outcome = Self.outcome(of: error) else {
        trouble = error
        return false
      }
      executeItem(position, index, outcome, nil)
    }
    return trouble == nil
  }

  private mutating func prepareItem(_ position: Int, _ index: Int, _ step: RunPlan.Step) throws {
    let id = machine.nextAttempt(of: position, item: index)
    let renderer = InputRenderer(
      machine, step, try reader(position, step, of: id),
      item: machine.itemElement(position, index: index).map { ($0, index) })
    switch step.kind {
    case .noop:
      let inputs = try renderer.inputs(argv: [])
      let puts = try renderer.puts(step.put, outcome: nil)
      executeItem(position, index, AttemptOutcome(status: .completed, puts: puts), inputs)
    case .command(let argv):
      let inputs = try renderer.inputs(argv: argv)
      let credential = TaskCredential()
      credentials[id] = credential
      machine.startItem(
        position, index: index, inputs: inputs, credentialHash: credential.hash,
        host: engine.options.host, now: now)
    default:
      let type = step.program?.type.rawValue ?? ""
      throw PreparationError(
        reason: "exec_failed", message: "this server does not execute items of type \(type)")
    }
  }

  private mutating func executeItem(
    _ position: Int, _ index: Int, _ outcome: AttemptOutcome, _ inputs: AttemptInputs?
  ) {
    let id = machine.nextAttempt(of: position, item: index)
    do {
      let admitted = admit(outcome, of: id)
      let judged = try judgeItem(position, index, id, admitted)
      machine.executeItem(position, index: index, outcome: judged, inputs: inputs, now: now)
      noteOutcome(of: id)
    } catch {
      trouble = error
    }
  }

  private func judgeItem(
    _ position: Int, _ index: Int, _ id: AttemptID, _ outcome: AttemptOutcome
  ) throws -> JudgedOutcome {
    let u = engine.chance()
    guard machine.asksAtEnd(of: position) else { return JudgedOutcome(outcome, u: u) }
    let answers = answers(position, of: id) { outcome in
      try NodeTokenReader(
        endOf: id, with: outcome.puts, machine, now: now, engine.store)
    }
    return try machine.judged(position, item: index, outcome, u: u, now: now, answers)
  }

  // MARK: - The end of a pass

  /// Ends a pass whose items have ended: what it collects and publishes is read from the token,
  /// once that holds what the last of them put (RE109).
  ///
  /// - Returns: Whether to go on with what is due next.
  mutating func endPass(_ position: Int) -> Bool {
    let readsToken = machine.passReadsToken(position)
    let isUnstored = machine.changedNodes.contains(position)
    if outcomes >= engine.options.maximumCascade || readsToken && isUnstored {
      hasMore = true
      return false
    }
    guard let id = machine.running[position]?.id else { return true }
    do {
      var outcome = machine.passOutcome(position)
      if readsToken, outcome.status == .completed { outcome.puts = try collected(position) }
      let judged =
        readsToken ? try judge(id, admit(outcome, of: id)) : JudgedOutcome(outcome)
      machine.endPass(position, judged, now: now)
      outcomes += 1
    } catch {
      trouble = error
    }
    return trouble == nil
  }

  /// What a pass puts for the keys of `collect`, all its items being COMPLETED (RE109).
  ///
  /// What an earlier attempt of an item put does not count.
  private func collected(_ position: Int) throws -> [TokenPutBatch.Entry] {
    let node = machine.plan.steps[position].name
    let run = machine.header.id
    guard let keys = machine.plan.steps[position].forEach?.collect, !keys.isEmpty else {
      return []
    }
    guard let token = try engine.store.token(of: run, history: false) else {
      throw StoreError.unreadable("run \(run) has no token")
    }
    var bounds: [AttemptID.Item: UInt64] = [:]
    for attempt in try engine.store.read({ reader in
      try reader.itemAttempts(of: run, node: node, indexes: nil)
    }) {
      if let item = attempt.id.item { bounds[item] = attempt.viewSeq }
    }
    let items = machine.items(of: position).filter { !$0.isDropped }
    return keys.map { key in
      let values = items.map { item -> String? in
        let bound = bounds[AttemptID.Item(index: item.index, attempt: item.attempts)]
        let put = token.present(
          TokenKey(.user, ForEach.key(key, ofItem: item.index)), node: node)
        guard let put, let bound, put.seq > bound else { return nil }
        return put.value
      }
      return TokenPutBatch.Entry(key: key, value: ForEach.collected(values))
    }
  }
}
