/// A root run with those of its child runs that are active, or that a call needs (RE6, RE60).
///
/// All calls and transitions of a tree go one after the other, and each is stored in one unit
/// (RE5). The tree owns the environment (RE10) and what reaches from run to run: child runs are
/// made in the transition that starts their attempt, stops and suspends go down. What happens
/// within one run is its machine's.
///
/// A plain run is a tree of one: nothing but the root's machine is looked at then.
package struct RunTree: Sendable {
  package private(set) var environment: RunEnvironment
  package private(set) var root: RunMachine
  /// Members below the root, by id.
  private var below: [RunID: RunMachine] = [:]
  /// Members that may have changed since the last transition was taken, the root left out.
  private var changed: Set<RunID> = []
  private var pending = TreeTransition()

  /// - Parameters:
  ///   - root: The run without a parent.
  ///   - environment: The newest revision; nil: revision 1, as the root's header has it.
  package init(_ root: consuming RunMachine, environment: RunEnvironment? = nil) {
    self.environment = environment ?? RunEnvironment(values: root.header.env)
    self.root = root
    self.root.environment = self.environment
  }

  /// The run without a parent; drivers go by it.
  package var id: RunID { root.header.id }

  /// Whether no member is active: nothing will happen by itself.
  package var isIdle: Bool {
    !root.state.status.isActive && !below.values.contains { $0.state.status.isActive }
  }

  /// Whether the root is the only member.
  package var isPlain: Bool { below.isEmpty }

  // MARK: - Members

  /// Takes a run into the tree, with the tree's environment.
  ///
  /// - Precondition: Its parent is a member.
  package mutating func insert(_ run: consuming RunMachine) {
    let id = run.header.id
    precondition(
      run.header.parent.map { contains($0.run) } == true, "run \(id) has no parent in the tree")
    run.environment = environment
    below[id] = run
  }

  /// Forgets a run that has ended and whose end was reported; those below it have ended as well.
  package mutating func remove(_ run: RunID) {
    guard let machine = below.removeValue(forKey: run) else { return }
    precondition(!machine.state.status.isActive, "run \(run) is \(machine.state.status.word)")
    changed.remove(run)
  }

  package func contains(_ run: RunID) -> Bool { run == id || below[run] != nil }

  /// The machine of a member.
  package subscript(run: RunID) -> RunMachine {
    _read {
      if run == id {
        yield root
      } else {
        guard let machine = below[run] else { preconditionFailure("run \(run) is no member") }
        yield machine
      }
    }
    _modify {
      if run == id {
        yield &root
      } else {
        changed.insert(run)
        guard var machine = below.removeValue(forKey: run) else {
          preconditionFailure("run \(run) is no member")
        }
        defer { below[run] = machine }
        yield &machine
      }
    }
  }

  /// Members, the root first, each before those below it, siblings in order of creation.
  package var members: [RunID] { below.isEmpty ? [id] : [id] + descendants(of: id) }

  /// Members below a run, each before those below it, siblings in order of creation.
  package func descendants(of run: RunID) -> [RunID] {
    guard !below.isEmpty else { return [] }
    var children: [RunID: [RunID]] = [:]
    for (member, machine) in below {
      if let parent = machine.header.parent { children[parent.run, default: []].append(member) }
    }
    var found: [RunID] = []
    var stack = (children[run] ?? []).sorted(by: >)
    while let next = stack.popLast() {
      found.append(next)
      stack += (children[next] ?? []).sorted(by: >)
    }
    return found
  }

  /// The runs above a member: its parent first, the root last.
  package func ancestors(of run: RunID) -> [RunID] {
    var found: [RunID] = []
    var parent = self[run].header.parent
    while let above = parent, contains(above.run) {
      found.append(above.run)
      parent = self[above.run].header.parent
    }
    return found
  }

  /// How many levels of runs there are down to a member; 1: it is the root (RE110).
  package func depth(of run: RunID) -> Int {
    run == id ? 1 : 1 + ancestors(of: run).count
  }

  /// The topmost run above a member that is SUSPENDED; nil: none is.
  package func suspendedAncestor(of run: RunID) -> RunID? {
    guard run != id else { return nil }
    return ancestors(of: run).last { self[$0].state.status == .suspended }
  }

  // MARK: - Environment

  /// Makes a further revision, which every member uses from now on (RE14, RE17).
  ///
  /// - Parameters:
  ///   - revision: The revision; its number follows the newest.
  ///   - environment: The environment as of it.
  package mutating func set(_ revision: EnvRevision, _ environment: RunEnvironment) {
    precondition(
      revision.number == self.environment.revision + 1, "revision \(revision.number) out of order")
    self.environment = environment
    pending.revisions.append(revision)
    root.environment = environment
    for member in below.keys { below[member]?.environment = environment }
  }

  // MARK: - Child runs

  /// Makes the child run of an attempt that starts in the step under way (RE110).
  ///
  /// It is PENDING, or REJECTED when its workflow has as many active runs as it may have (G36).
  /// Whether the depth allows it is the caller's to judge, with ``depth(of:)``.
  ///
  /// - Parameters:
  ///   - child: The run to make.
  ///   - attempt: The attempt that makes it; of a member.
  ///   - now: The time of the start.
  package mutating func create(_ child: ChildRun, by attempt: AttemptID, now: Timestamp) {
    let created = child.created(by: attempt, of: self[attempt.run].header, now: now)
    if created.record.state.status.isActive {
      insert(
        RunMachine(
          plan: child.plan, run: created.record, nodes: created.nodes, attempts: []))
      pending.begins.append(child.id)
    } else {
      pending.ended.append(child.id)
    }
    pending.created.append(created)
  }

  /// The attempt that the end of a child run settles: the newest of the parent's node, if it runs
  /// and the run is its child (RE62); nil: there is none.
  package func attempt(servedBy run: RunID) -> AttemptID? {
    guard let parent = self[run].header.parent, contains(parent.run),
      let position = self[parent.run].plan.graph.index(of: parent.node),
      let attempt = self[parent.run].running[position], attempt.child == run
    else { return nil }
    return attempt.id
  }

  /// The end of a child run is to be reported once what is under way is stored.
  mutating func noteEnd(of child: RunID) { pending.ended.append(child) }

  // MARK: - Orders

  /// Carries out an order to a member, and to those below it (RE70–RE73, SR122).
  ///
  /// - Parameters:
  ///   - order: The order.
  ///   - run: The member meant.
  ///   - left: What is known of processes that a forced stop leaves behind, by attempt.
  ///   - now: The time.
  /// - Throws: FAILED_PRECONDITION with the reason of G46, `parent_suspended` (RE72); nothing has
  ///   changed then.
  package mutating func apply(
    _ order: RunOrder, to run: RunID, left: [AttemptID: AttemptEnding] = [:], now: Timestamp
  ) throws(BatonError) {
    switch order {
    case .suspend:
      try self[run].apply(order, now: now)
      for member in descendants(of: run) where takes(order, member) {
        try self[member].apply(order, now: now)
      }
    case .resume: try resume(run, now: now)
    case .stop:
      try self[run].apply(order, left: left, now: now)
      for member in descendants(of: run) where self[member].state.status.isActive {
        try self[member].apply(order, left: left, now: now)
      }
      reachDown(now: now)
    }
  }

  private func takes(_ order: RunOrder, _ member: RunID) -> Bool {
    order.refusal(of: member, in: self[member].state.status) == nil
  }

  /// Resumes a run and every SUSPENDED run below it, however it came to be suspended (RE72, RE73).
  mutating func resume(_ run: RunID, now: Timestamp) throws(BatonError) {
    if self[run].state.status == .suspended, let above = suspendedAncestor(of: run) {
      throw BatonError(
        .failedPrecondition, "parent_suspended", "run \(above) above run \(run) is suspended",
        hint: "resume run \(above)")
    }
    let below = descendants(of: run)
    let suspended = ([run] + below).filter { self[$0].state.status == .suspended }
    guard !suspended.isEmpty else { return try self[run].apply(.resume, now: now) }
    for member in suspended { try self[member].apply(.resume, now: now) }
    pending.begins += below.filter { self[$0].state.status == .pending }
  }

  /// Stops the child runs of attempts that are being killed (RE112); to be called after whatever
  /// may kill attempts, before their runs start anything.
  ///
  /// - Returns: The runs that are stopped.
  @discardableResult
  package mutating func reachDown(now: Timestamp) -> [RunID] {
    guard !below.isEmpty else { return [] }
    var stopped: [RunID] = []
    var runs = [id] + changed
    while let run = runs.popLast() {
      for (child, graceMS) in takeChildStops(of: run)
      where below[child]?.state.status.isActive == true {
        let order = StopOrder(graceMS: graceMS, reason: "the attempt that made it is ended")
        // A stop is never refused.
        try? self[child].apply(.stop(order), now: now)
        runs.append(child)
        stopped.append(child)
      }
    }
    return stopped
  }

  private mutating func takeChildStops(of run: RunID) -> [(RunID, Int64?)] {
    if run == id {
      defer { root.childStops.removeAll() }
      return root.childStops
    }
    defer { below[run]?.childStops.removeAll() }
    return below[run]?.childStops ?? []
  }

  // MARK: - Transitions

  /// Takes what the events since the last call have changed.
  package mutating func takeTransition() -> TreeTransition {
    var transition = pending
    pending = TreeTransition()
    transition.rootID = id
    transition.root = root.takeTransition()
    guard !changed.isEmpty else { return transition }
    for run in changed.sorted() {
      guard let changes = below[run]?.takeTransition(), !changes.isVoid else { continue }
      transition.below.append((run, changes))
    }
    changed.removeAll()
    return transition
  }
}
