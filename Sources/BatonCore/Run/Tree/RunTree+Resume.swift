/// Resumes with a change of the environment, and changes alone (RE72–RE74).
extension RunTree {
  /// Resumes a run and those below it, with a change of the environment in the same step.
  ///
  /// - Parameters:
  ///   - run: The run; a member.
  ///   - change: What changes of the environment first.
  ///   - call: Who calls.
  ///   - now: The time.
  /// - Returns: What will happen.
  /// - Throws: FAILED_PRECONDITION `run_superseded`, `parent_suspended` or the reason of G46,
  ///   ABORTED `env_changed`, RESOURCE_EXHAUSTED `env_limit`, `env_revision_limit`; nothing has
  ///   changed then.
  @discardableResult
  package mutating func resume(
    _ run: RunID, _ change: EnvChange, by call: RerunCall, now: Timestamp
  ) throws(BatonError) -> CallPlan {
    try checkIsCurrent(run)
    var next = self
    try next.resume(run, now: now)
    try environment.expect(change.expectedRevision)
    // The revision is there before what the resume starts (RE73).
    next = self
    var plan = CallPlan(envRevision: 0)
    plan.edits = try next.change(change, by: call, .resume, at: run)
    try next.resume(run, now: now)
    plan.add(changesOf: next, since: self, at: run, reset: [:])
    self = next
    return plan
  }

  /// Changes the environment, and nothing else (RE74).
  ///
  /// - Parameters:
  ///   - run: The run named; a member.
  ///   - change: The change.
  ///   - call: Who calls.
  /// - Returns: What it alters, by name.
  /// - Throws: INVALID_ARGUMENT `nothing_to_update`, FAILED_PRECONDITION `run_superseded` or that
  ///   of RE20, ABORTED `env_changed`, RESOURCE_EXHAUSTED `env_limit`, `env_revision_limit`;
  ///   nothing has changed then.
  @discardableResult
  package mutating func update(
    _ run: RunID, _ change: EnvChange, by call: RerunCall
  ) throws(BatonError) -> [EnvEdit] {
    guard !change.isEmpty else {
      throw BatonError(
        .invalidArgument, "nothing_to_update", "the call changes nothing of the environment",
        hint: "give a variable to set or to unset")
    }
    try checkIsCurrent(run)
    if let refusal = RunEnvironment.refusalOfUpdate(root: id, in: root.state.status) {
      throw refusal
    }
    try environment.expect(change.expectedRevision)
    return try self.change(change, by: call, .update, at: run)
  }

  // MARK: - Child runs in place

  /// The child run that the next attempt of a node continues instead of making another one (RE65,
  /// RE43).
  ///
  /// - Parameters:
  ///   - position: A node of type WORKFLOW.
  ///   - run: Its run; a member.
  /// - Returns: The child run; nil: the attempt makes one.
  package func childToContinue(by position: Int, of run: RunID) -> RunID? {
    let machine = self[run]
    let chain = machine.nodes[position].chain
    guard chain.keepsFinished, chain.first == 0 else { return nil }
    return machine.children[position]
  }

  /// Starts an attempt that continues a child run in place: what failed in it runs again (RE65).
  ///
  /// A child run in which nothing is to be re-run is not opened; the driver reports its end again.
  ///
  /// - Parameters:
  ///   - child: What `childToContinue` gave; a member.
  ///   - position: The node that is to start next.
  ///   - run: Its run.
  ///   - inputs: What the attempt uses.
  ///   - now: The time of the start.
  package mutating func continueChild(
    _ child: RunID, by position: Int, of run: RunID, inputs: AttemptInputs, now: Timestamp
  ) {
    let call =
      self[run].nodes[position].chain.call
      ?? RerunCall(principal: root.header.principal, time: now)
    self[run].start(position, child: child, inputs: inputs, now: now)
    guard let failed = try? self[child].allFailed(), !self[child].state.status.isActive else {
      return noteEnd(of: child)
    }
    self[child].count(\.reruns)
    _ = self[child].rerun(failed, opening(of: child, call, now: now))
  }
}

extension CallPlan {
  /// Adds the runs that a call has changed, and what stands after it.
  mutating func add(
    changesOf tree: RunTree, since before: RunTree, at run: RunID, reset: [RunID: NodeSet]
  ) {
    for member in tree.members {
      let from = before[member].state.status
      guard reset[member] != nil || tree[member].state.status != from else { continue }
      add(before[member], tree[member], reset: reset[member])
    }
    envRevision = tree.environment.revision
    reruns = tree[run].state.reruns
    skips = tree[run].state.skips
  }
}
