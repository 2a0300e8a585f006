internal import HeapModule

/// Passes over the items of `for_each` (RE105–RE109).
extension RunMachine {
  /// The reason of a pass with items that did not complete (RE107).
  static let itemsFailedReason = "items_failed"
  /// The indexes that the message of such a pass names.
  private static let maximumNamed = 100

  // MARK: - Looking

  /// The items of a node, by index; those past the end of the newest list are dropped.
  package func items(of position: Int) -> [ItemRecord] { items[position] ?? [] }

  /// The element of an item as templates and expressions show it (RE105).
  package func itemText(_ position: Int, index: Int) -> String {
    itemElement(position, index: index)?.text ?? ""
  }

  /// The element of the item that an attempt executes, as text; nil: it executes none.
  package func itemText(of attempt: AttemptID) -> String? {
    guard let item = attempt.item, let position = plan.graph.index(of: attempt.node) else {
      return nil
    }
    return itemText(position, index: item.index)
  }

  /// The element of an item.
  package func itemElement(_ position: Int, index: Int) -> JSONValue? {
    guard let items = items[position], items.indices.contains(index) else { return nil }
    return try? JSONValue(items[index].element)
  }

  /// The id that the next attempt of an item will have.
  package func nextAttempt(of position: Int, item index: Int) -> AttemptID {
    var id = running[position]?.id ?? nextAttempt(of: position)
    id.item = AttemptID.Item(index: index, attempt: (items[position]?[index].attempts ?? 0) + 1)
    return id
  }

  /// The first pass, in graph order, that an item may start of.
  var startablePass: Int? {
    first { position, pass in
      !pass.isStopped && !pass.due.isEmpty
        && pass.running.count < policy(of: position).itemConcurrency
    }
  }

  /// The first pass, in graph order, that has only its end before it.
  var endedPass: Int? { first { $1.isOver } }

  private func first(where holds: (Int, ItemPass) -> Bool) -> Int? {
    guard !passes.isEmpty else { return nil }
    return passes.filter { holds($0, $1) }.keys
      .min { plan.graph.rank[$0] < plan.graph.rank[$1] }
  }

  // MARK: - Starting

  /// Records the start of a pass with the items of its list (RE106, RE108).
  ///
  /// - Parameters:
  ///   - position: The node that `nextDue` gave.
  ///   - elements: The list.
  ///   - inputs: What the pass used to get it.
  ///   - now: The time of the start.
  package mutating func startPass(
    _ position: Int, _ elements: [JSONValue], inputs: AttemptInputs? = nil, now: Timestamp
  ) {
    var attempt = makeAttempt(position, now: now)
    attempt.used = inputs
    begin(attempt, at: position, now: now)
    list(elements, position, pass: attempt.id.attempt)
    setDeadline(of: attempt)
  }

  /// Lists the items of a pass: each index runs, but those that are kept.
  private mutating func list(_ elements: [JSONValue], _ position: Int, pass number: Int) {
    let keeps = nodes[position].chain.keepsFinished
    let name = nodes[position].node
    var items = self.items.removeValue(forKey: position) ?? []
    var pass = ItemPass(count: elements.count)
    for (index, element) in elements.enumerated() {
      let text = element.compact
      var isKept = false
      if index < items.count {
        isKept = keeps && items[index].completed(element, text)
        items[index].element = text
      } else {
        items.append(
          ItemRecord(run: header.id, node: name, index: index, element: text, pass: number))
      }
      items[index].pass = number
      items[index].isDropped = false
      items[index].isKept = isKept
      if !isKept {
        items[index].status = .pending
        items[index].reason = nil
        pass.due.insert(index)
      }
      pending.changes.append(.putItem(items[index]))
    }
    for index in elements.count..<max(elements.count, items.count)
    where !items[index].isDropped {
      items[index].isDropped = true
      pending.changes.append(.putItem(items[index]))
    }
    self.items[position] = items
    passes[position] = pass
  }

  /// Records the start of an item whose program a driver will launch.
  ///
  /// - Parameters:
  ///   - position: The node of the item that `nextDue` gave.
  ///   - index: The item.
  ///   - inputs: What the attempt will use.
  ///   - credentialHash: SHA-256 of its credential.
  ///   - host: The host that will execute it.
  ///   - now: The time of the start.
  package mutating func startItem(
    _ position: Int, index: Int, inputs: AttemptInputs, credentialHash: [UInt8], host: String,
    now: Timestamp
  ) {
    var attempt = makeAttempt(position, item: index, now: now)
    attempt.used = inputs
    attempt.credentialHash = credentialHash
    attempt.host = host
    begin(attempt, at: position, item: index, now: now)
    launch(attempt)
  }

  /// Records start and outcome of an item that needs no process, or could not be started at all.
  package mutating func executeItem(
    _ position: Int, index: Int, outcome: JudgedOutcome, inputs: AttemptInputs? = nil,
    now: Timestamp
  ) {
    var attempt = makeAttempt(position, item: index, now: now)
    attempt.used = inputs
    let place = begin(attempt, at: position, item: index, now: now)
    conclude(attempt, outcome, insertedAt: place, now: now)
  }

  /// Judges how an item that needs no process has ended, before its start is recorded.
  ///
  /// - Throws: what `answers` throws.
  package func judged<Answers: OutcomeAnswers>(
    _ position: Int, item index: Int, _ outcome: AttemptOutcome, u: Double = 0, now: Timestamp,
    _ answers: Answers
  ) throws(Answers.Failure) -> JudgedOutcome {
    try judged(
      makeAttempt(position, item: index, now: now), at: position, outcome, u: u, now: now, answers)
  }

  private func makeAttempt(
    _ position: Int, item index: Int, now: Timestamp
  ) -> AttemptRecord {
    let id = nextAttempt(of: position, item: index)
    let number = id.item?.attempt ?? 1
    let count = passes[position]?.counts[index]
    let cause = count?.next ?? running[position]?.cause ?? .first
    let first = number - (count?.ended ?? 0)
    var attempt = AttemptRecord(id: id, cause: cause, chain: first, started: now)
    attempt.envRevision = environment.revision
    return attempt
  }

  /// - Returns: Where the start is among the changes to store.
  @discardableResult
  private mutating func begin(
    _ attempt: AttemptRecord, at position: Int, item index: Int, now: Timestamp
  ) -> Int {
    precondition(
      passes[position]?.due.min == index, "\(attempt.id) was not the next item")
    passes[position]?.due.removeMin()
    passes[position]?.running[index] = attempt
    change(position, index) { item in
      item.attempts = attempt.id.item?.attempt ?? 0
      item.status = .running
      item.reason = nil
      item.wakes = nil
    }
    let place = pending.changes.count
    recordStart(attempt, now: now)
    return place
  }

  private mutating func change(
    _ position: Int, _ index: Int, _ body: (inout ItemRecord) -> Void
  ) {
    body(&items[position, default: []][index])
    pending.changes.append(.putItem(items[position, default: []][index]))
  }

  // MARK: - Ends of items

  /// Ends a running attempt of an item, and the item unless it is repeated.
  mutating func itemEnded(
    _ attempt: AttemptRecord, at position: Int, index: Int, _ judged: JudgedOutcome,
    now: Timestamp
  ) {
    let delay = repetition(of: attempt, at: position, judged)
    let safeRerun = safeRerun(position)
    passes[position]?.counts[index, default: ChainCount()].add(attempt, safeRerun: safeRerun)
    guard let delay else {
      change(position, index) { item in
        item.status = ItemStatus(attempt.status)
        item.reason = attempt.reason
      }
      let failsFast = plan.steps[position].forEach?.failFast == true
      if failsFast, attempt.status != .completed { stopPass(position, killReason: nil) }
      return
    }
    let wakes = now.advanced(by: .milliseconds(delay))
    change(position, index) { item in
      item.status = .waiting
      item.reason = attempt.reason
      item.wakes = wakes
    }
    passes[position]?.waiting.insert(ItemPass.Wait(time: wakes, index: index))
    wakeItems(position, now: now)
  }

  /// Has the items start whose delays are over, and the driver come back for the next.
  mutating func wakeItems(_ position: Int, now: Timestamp) {
    passes[position]?.release(until: now)
    guard let pass = passes[position], !pass.isStopped, let next = pass.waiting.min?.time,
      pass.wake.map({ $0 <= now || next < $0 }) ?? true
    else { return }
    passes[position]?.wake = next
    pending.actions.append(.setWake(node: nodes[position].node, next))
  }

  /// Starts no item of a pass any more; those in a delay end as their newest attempt did, or
  /// KILLED when the pass is.
  private mutating func stopPass(_ position: Int, killReason: String?) {
    guard var pass = passes[position], !pass.isStopped else { return }
    pass.isStopped = true
    let delayed = (items[position] ?? []).filter { $0.status == .waiting && !$0.isDropped }
    pass.waiting = []
    if pass.wake != nil { pending.actions.append(.removeWake(node: nodes[position].node)) }
    pass.wake = nil
    passes[position] = pass
    for item in delayed {
      change(position, item.index) { item in
        item.wakes = nil
        if let killReason {
          item.status = .killed
          item.reason = killReason
        } else {
          item.status = item.reason == nil ? .completed : .failed
        }
      }
    }
  }

  // MARK: - The end of a pass

  /// Records the intent to end every pass, in graph order.
  mutating func killPasses(_ reason: String) {
    for position in plan.graph.order where passes[position] != nil {
      killPass(position, reason: reason)
    }
  }

  /// Records the intent to end a pass: its items are killed, and it ends with the last of them.
  mutating func killPass(_ position: Int, reason: String) {
    guard var attempt = running[position], attempt.killReason == nil else { return }
    attempt.killReason = reason
    running[position] = attempt
    pending.changes.append(.updateAttempt(attempt))
    stopPass(position, killReason: reason)
    for (_, item) in (passes[position]?.running ?? [:]).sorted(by: { $0.key < $1.key }) {
      kill(item, reason: reason)
    }
  }

  /// How a pass ends whose items have ended (RE107).
  package func passOutcome(_ position: Int) -> AttemptOutcome {
    let count = passes[position]?.count ?? 0
    let missing = (items[position] ?? []).prefix(count).filter { $0.status != .completed }
    guard !missing.isEmpty else { return AttemptOutcome(status: .completed) }
    let names = missing.prefix(Self.maximumNamed).map { String($0.index) }
    let rest = missing.count > names.count ? " …" : ""
    return .failed(
      Self.itemsFailedReason,
      "\(missing.count) of \(count) items did not complete: \(names.joined(separator: ", "))\(rest)"
    )
  }

  /// Whether the driver must read the token for the end of a pass: it is not being killed, and
  /// collects or publishes.
  package func passReadsToken(_ position: Int) -> Bool {
    guard running[position]?.killReason == nil else { return false }
    let policy = plan.steps[position].declared
    return policy.forEach?.collect.isEmpty == false || !policy.published.isEmpty
  }

  /// Ends a pass whose items have ended.
  ///
  /// - Parameters:
  ///   - position: The node of the pass end that `nextDue` gave.
  ///   - outcome: What `passOutcome` gave, with what is collected and published.
  ///   - now: The time.
  package mutating func endPass(_ position: Int, _ outcome: JudgedOutcome, now: Timestamp) {
    guard let attempt = running[position], passes[position]?.isOver == true else { return }
    if deadline(of: attempt) != nil { pending.actions.append(.removeDeadline(attempt.id)) }
    conclude(attempt, outcome, now: now)
  }
}

// MARK: - After a return

extension RunMachine {
  /// Takes over stored items, and the passes that are under way (G58).
  ///
  /// - Parameters:
  ///   - stored: The items, in any order.
  ///   - attempts: Attempts of the run; those of items by number, of the passes under way.
  mutating func restore(_ stored: [ItemRecord], _ attempts: [AttemptRecord]) {
    for item in stored.sorted(by: { $0.index < $1.index }) {
      guard let position = plan.graph.index(of: item.node) else { continue }
      items[position, default: []].append(item)
    }
    for (position, attempt) in running where plan.steps[position].forEach != nil {
      passes[position] = ItemPass(count: items(of: position).count { !$0.isDropped })
      if attempt.killReason != nil { passes[position]?.isStopped = true }
    }
    let ofItems = attempts.filter { $0.id.item != nil }
      .sorted { ($0.id.item?.attempt ?? 0) < ($1.id.item?.attempt ?? 0) }
    for attempt in ofItems { restore(item: attempt) }
    for position in passes.keys { restorePass(position) }
  }

  private mutating func restore(item attempt: AttemptRecord) {
    guard let position = plan.graph.index(of: attempt.id.node), let item = attempt.id.item,
      running[position]?.id == attempt.id.pass
    else { return }
    if attempt.status == .running {
      passes[position]?.running[item.index] = attempt
    } else {
      let safeRerun = safeRerun(position)
      passes[position]?.counts[item.index, default: ChainCount()]
        .add(attempt, safeRerun: safeRerun)
    }
  }

  private mutating func restorePass(_ position: Int) {
    let failsFast = plan.steps[position].forEach?.failFast == true
    for item in items(of: position) where !item.isDropped {
      switch item.status {
      case .pending: passes[position]?.due.insert(item.index)
      case .waiting:
        if let wakes = item.wakes {
          passes[position]?.waiting.insert(ItemPass.Wait(time: wakes, index: item.index))
        }
      case .failed, .killed: if failsFast { passes[position]?.isStopped = true }
      case .running, .completed: continue
      }
    }
  }
}

extension ItemRecord {
  /// Whether the newest attempt is COMPLETED and had this element, as JSON (RE108).
  fileprivate func completed(_ other: JSONValue, _ text: String) -> Bool {
    guard status == .completed else { return false }
    return element == text || (try? JSONValue(element)) == other
  }
}

extension ItemStatus {
  /// The status of an item whose last attempt ended so.
  init(_ status: AttemptStatus) {
    self =
      switch status {
      case .completed: .completed
      case .killed: .killed
      case .failed, .running: .failed
      }
  }
}
