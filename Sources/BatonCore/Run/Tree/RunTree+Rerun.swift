/// Re-runs and skips over a tree of runs (RE5, RE30, RE40, RE60–RE65).
extension RunTree {
  /// Active runs of the workflow of a run that is to be opened again, when there are as many as
  /// there may be; none: there is room (check 14).
  package typealias Bound = (RunMachine) -> [RunID]

  /// Re-runs nodes of a run (RE30–RE65).
  ///
  /// The tree has the runs above it, those below it that are active, and the child runs of nodes
  /// that are continued in place. The form of the call is checked already.
  ///
  /// - Parameters:
  ///   - order: What is asked.
  ///   - run: The run named; a member.
  ///   - now: The time.
  ///   - full: The bound of active runs.
  /// - Returns: What will happen.
  /// - Throws: the first refusal in the order of RE30; nothing has changed then.
  @discardableResult
  package mutating func rerun(
    _ order: RerunOrder, in run: RunID, now: Timestamp, full: Bound = { _ in [] }
  ) throws(BatonError) -> CallPlan {
    var next = self
    let plan = try next.carryOut(order, in: run, now: now, full: full)
    self = next
    return plan
  }

  /// Settles a failed node as if it had succeeded (RE80–RE83).
  ///
  /// - Parameters: As of ``rerun(_:in:now:full:)``.
  /// - Returns: What will happen.
  /// - Throws: the first refusal; nothing has changed then.
  @discardableResult
  package mutating func skip(
    _ order: SkipOrder, in run: RunID, now: Timestamp, full: Bound = { _ in [] }
  ) throws(BatonError) -> CallPlan {
    var next = self
    let plan = try next.carryOut(order, in: run, now: now, full: full)
    self = next
    return plan
  }

  // MARK: - Carrying out

  private mutating func carryOut(
    _ order: RerunOrder, in run: RunID, now: Timestamp, full: Bound
  ) throws(BatonError) -> CallPlan {
    try checkOpening(of: run, allowsCompleted: order.allowsCompleted)
    var named = try self[run].positions(of: order.nodes.map(\.node))
    try self[run].expectAttempts(order.nodes)
    try environment.expect(order.change.expectedRevision)
    if order.allFailed { named = try self[run].allFailed() }
    try self[run].checkRerun(named, allowsCompleted: order.allowsCompleted)

    let before = self
    var opening = opening(of: run, order.call, now: now)
    opening.keepsFinished = order.keepsFinished
    opening.waivesPause = order.resumes
    count(\.reruns, at: run)
    let reset = self[run].rerun(named, opening)
    let blocked = named.filter { self[run].nodes[$0].status.hasEnded }
    guard blocked.isEmpty else { throw self[run].upstreamFailed(blocked) }
    let continued = order.keepsFinished ? try before.checkContinuing(named, of: run) : []
    if order.call.rerunsDownstream { try before[run].checkDownstream(of: named) }
    if order.resumes { try checkResume(of: run) }
    let opened = before.opened(from: run)
    try before.checkBounds(of: [run] + continued, opened, full)
    try before[run].checkAttemptLimit(reset)
    var plan = CallPlan(envRevision: 0)
    plan.edits = try change(order.change, by: order.call, .rerun, at: run)
    try finish(&plan, before, opened, [run: reset], run, order.resumes, opening)
    return plan
  }

  private mutating func carryOut(
    _ order: SkipOrder, in run: RunID, now: Timestamp, full: Bound
  ) throws(BatonError) -> CallPlan {
    try checkOpening(of: run, allowsCompleted: false)
    let position = try self[run].positions(of: [order.node.node])[0]
    try self[run].expectAttempts([order.node])
    try environment.expect(order.change.expectedRevision)
    try self[run].checkSkip(position, outcome: order.outcome)
    if order.resumes { try checkResume(of: run) }
    let opened = opened(from: run)
    try checkBounds(of: [run], opened, full)
    try self[run].checkAttemptLimit([position])

    let before = self
    let opening = opening(of: run, order.call, now: now)
    var plan = CallPlan(envRevision: 0)
    plan.edits = try change(order.change, by: order.call, .skip, at: run)
    count(\.skips, at: run)
    let reset = self[run].skip(
      position, outcome: order.outcome, puts: order.outputs, opening)
    try finish(&plan, before, opened, [run: reset], run, order.resumes, opening)
    return plan
  }

  /// Opens the runs above, resumes, and says what will happen.
  private mutating func finish(
    _ plan: inout CallPlan, _ before: RunTree, _ opened: [Link],
    _ reset: [RunID: NodeSet], _ run: RunID, _ resumes: Bool, _ opening: RunMachine.Opening
  ) throws(BatonError) {
    var reset = reset
    for link in opened {
      let above = self.opening(of: link.parent, opening.call, now: opening.now)
      reset[link.parent] = self[link.parent].adopt(link.child, at: link.position, above)
    }
    if resumes, ([run] + descendants(of: run)).contains(where: { isSuspended($0) }) {
      try resume(run, now: opening.now)
    }
    plan.add(changesOf: self, since: before, at: run, reset: reset)
  }

  func opening(of run: RunID, _ call: RerunCall, now: Timestamp) -> RunMachine.Opening {
    RunMachine.Opening(call: call, isSuspended: suspendedAncestor(of: run) != nil, now: now)
  }

  /// Counts a call on a run or below it (RE120).
  private mutating func count(_ calls: WritableKeyPath<RunState, Int>, at run: RunID) {
    for member in [run] + ancestors(of: run) { self[member].count(calls) }
  }

  private func isSuspended(_ run: RunID) -> Bool { self[run].state.status == .suspended }

  // MARK: - Runs above

  /// A child run, and the node of its parent to which it belongs.
  struct Link {
    var child: RunID
    var parent: RunID
    var position: Int
  }

  /// The links from a run up to the root.
  func links(above run: RunID) -> [Link] {
    var found: [Link] = []
    var child = run
    while let parent = self[child].header.parent, contains(parent.run) {
      guard let position = self[parent.run].plan.graph.index(of: parent.node) else { break }
      found.append(Link(child: child, parent: parent.run, position: position))
      child = parent.run
    }
    return found
  }

  /// The links up to the first run above whose node is RUNNING: nothing changes from there (RE61).
  private func opened(from run: RunID) -> [Link] {
    Array(
      links(above: run).prefix { self[$0.parent].nodes[$0.position].status != .running })
  }

  // MARK: - Checks

  /// Checks 5 and 6: the run, and those above it (RE31, RE63).
  private func checkOpening(of run: RunID, allowsCompleted: Bool) throws(BatonError) {
    let links = links(above: run)
    try checkIsCurrent(run)
    for link in links { try checkIsNotContinued(link) }
    if let refusal = self[run].refusalToOpen(allowsCompleted: allowsCompleted) { throw refusal }
    let above = links.map { self[$0.parent] }
    if let stopping = above.first(where: { $0.state.status == .stopping }) {
      throw refusal("run_stopping", stopping, "is being stopped", "wait for its end")
    }
    if let ending = above.first(where: { $0.state.status.isActive && $0.isEnding }) {
      throw refusal(
        "run_ending", ending, "is about to end", "repeat the call when it has ended")
    }
    guard !allowsCompleted else { return }
    if let completed = above.first(where: { $0.state.status == .completed }) {
      throw refusal(
        "ancestor_completed", completed, "is COMPLETED",
        "give allow_completed to RerunTask if this is meant")
    }
  }

  private func refusal(
    _ reason: BatonError.Reason, _ above: RunMachine, _ state: String, _ remedy: String
  ) -> BatonError {
    BatonError(
      .failedPrecondition, reason, "run \(above.header.id) above it \(state)", hint: remedy)
  }

  /// Check 5: no other child run follows, or will follow, in the place of a run or of one above it
  /// (RE63).
  ///
  /// - Throws: FAILED_PRECONDITION `run_superseded`.
  func checkIsCurrent(_ run: RunID) throws(BatonError) {
    for link in links(above: run) {
      let parent = self[link.parent]
      let node = parent.nodes[link.position]
      let isReplaced = isAttemptDecided(link) && !node.chain.keepsFinished
      guard isReplaced || parent.children[link.position] != link.child else { continue }
      throw BatonError(
        .failedPrecondition, "run_superseded",
        "run \(link.child) is not the current child run of node \(node.node) of run "
          + "\(link.parent)",
        hint: "work on the newest child run")
    }
  }

  /// Whether the node above a child run will get a further attempt.
  private func isAttemptDecided(_ link: Link) -> Bool {
    let node = self[link.parent].nodes[link.position]
    return node.status == .pending || node.status == .waiting && node.outcomeToCome == nil
  }

  /// - Throws: ABORTED `rerun_in_progress` when the node above is about to continue the child run.
  private func checkIsNotContinued(_ link: Link) throws(BatonError) {
    guard isAttemptDecided(link) else { return }
    throw BatonError(
      .aborted, "rerun_in_progress",
      "node \(self[link.parent].nodes[link.position].node) of run \(link.parent) is about to "
        + "continue run \(link.child)", hint: "wait until it does")
  }

  /// Check 13.
  private func checkResume(of run: RunID) throws(BatonError) {
    guard let above = suspendedAncestor(of: run) else { return }
    throw BatonError(
      .failedPrecondition, "parent_suspended", "run \(above) above run \(run) is suspended",
      hint: "resume run \(above)")
  }

  /// Check 14: room for each run that would be opened again, and for an attempt above it.
  private func checkBounds(
    of runs: [RunID], _ opened: [Link], _ full: Bound
  ) throws(BatonError) {
    for link in opened { try self[link.parent].checkAttemptLimit([link.position]) }
    for member in runs + opened.map(\.parent) where !self[member].state.status.isActive {
      let active = full(self[member])
      guard !active.isEmpty else { continue }
      throw BatonError(
        .failedPrecondition, "active_runs_full",
        "run \(member) cannot be opened: workflow \(self[member].header.workflow.workflow) has as "
          + "many active runs as it may have: \(nameList(active.map(\.description)))",
        hint: "wait for an end or stop a run, then repeat the call")
    }
  }

  /// Check 11, and what a child run that is continued in place must have (RE65).
  ///
  /// - Returns: These child runs.
  private func checkContinuing(_ named: [Int], of run: RunID) throws(BatonError) -> [RunID] {
    let machine = self[run]
    guard named.contains(where: { machine.canKeepFinished($0) }) else {
      throw BatonError(
        .invalidArgument, "no_reset_not_applicable",
        "for_each and child runs: none of "
          + "\(nameList(named.map { machine.nodes[$0].node })) has any",
        hint: "leave no_reset out")
    }
    let continued = named.compactMap { machine.children[$0] }.filter { contains($0) }
    for child in continued { _ = try self[child].allFailed() }
    return continued
  }

  // MARK: - Environment

  /// Changes the environment as part of a call (RE13–RE15).
  ///
  /// - Returns: What it alters, by name.
  /// - Throws: RESOURCE_EXHAUSTED `env_limit`, `env_revision_limit`; nothing has changed then.
  @discardableResult
  package mutating func change(
    _ change: EnvChange, by origin: RerunCall, _ call: EnvCall, at run: RunID
  ) throws(BatonError) -> [EnvEdit] {
    var next = environment
    let made = try next.apply(change, by: origin, call, at: run, root: root.header)
    guard let revision = made else { return [] }
    set(revision, next)
    self[run].environmentChanged(revision)
    return revision.edits
  }
}
