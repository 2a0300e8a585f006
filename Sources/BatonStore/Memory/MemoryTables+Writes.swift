internal import BatonCore

extension MemoryTables: ApplicationWrites {
  func insertApplication(_ record: ApplicationRecord, programs: [ProgramReference]) throws {
    let key = Application(namespace: record.id.namespace, name: record.id.application)
    let next = try nextVersion(namespace: key.namespace, name: key.name)
    guard record.id.version == next else {
      throw StoreRefusal.versionOutOfOrder(record.id, next: next)
    }
    let old = (applications[key], self.programs[key])
    undoing { (self.applications[key], self.programs[key]) = old }
    applications[key, default: []].append(record)
    for program in programs {
      self.programs[key, default: [:]][program] = record.id.version
    }
  }
}

extension MemoryTables: RunWrites {
  func insertRun(_ record: RunRecord, nodes: [NodeRecord]) throws {
    let header = record.header
    if runs[header.id] != nil { throw StoreRefusal.runExists(header.id) }
    if let text = header.externalID {
      let key = External(workflow: header.workflow, id: text)
      if external[key] != nil || removedIDs.contains(key) {
        throw StoreRefusal.externalIDTaken(text, header.workflow)
      }
      undoing { self.external[key] = nil }
      external[key] = header.id
    }
    let run = Run(record, nodes)
    let place = place(run.cursor)
    undoing {
      self.order.remove(at: place)
      self.runs[header.id] = nil
    }
    order.insert(run, at: place)
    runs[header.id] = run
    touch(header.id)
  }

  func updateRun(_ id: RunID, _ state: RunState, expecting expected: RunStatus) throws {
    guard let run = runs[id] else { throw StoreError.statusChanged(id, stored: nil) }
    guard run.record.state.status == expected else {
      throw StoreError.statusChanged(id, stored: run.record.state.status)
    }
    let old = run.record.state
    undoing {
      run.record.state = old
      run.token.apply(status: old.status)
    }
    run.record.state = state
    run.token.apply(status: state.status)
    touch(id)
  }

  func updateNode(_ record: NodeRecord) throws {
    let run = try required(record.run)
    guard let index = run.nodes.firstIndex(where: { $0.node == record.node }) else {
      throw StoreRefusal.nodeMissing(record)
    }
    let old = (run.nodes[index], run.token)
    undoing { (run.nodes[index], run.token) = old }
    run.nodes[index] = record
    run.token.setWithheld(record.node, record.isWithheld)
    touch(record.run)
  }

  func insertAttempt(_ record: AttemptRecord) throws -> AttemptRecord {
    if let item = record.id.item { return try insert(record, of: item) }
    let run = try required(record.id.run)
    if try attempt(record.id) != nil { throw StoreRefusal.attemptExists(record.id) }
    var record = record
    record.viewSeq = run.token.account.lastSeq
    let node = record.id.node
    let token = run.token
    undoing {
      run.attempts[node]?.removeLast()
      run.token = token
      if let hash = record.credentialHash { self.credentials[hash] = nil }
    }
    run.attempts[node, default: []].append(record)
    run.token.apply(
      node: node,
      TokenSnapshot.Attempt(
        number: record.id.attempt, status: record.status, viewSeq: record.viewSeq,
        withheld: run.token.withheld, hook: record.hook))
    if let hash = record.credentialHash { credentials[hash] = record.id }
    touch(record.id.run)
    return record
  }

  func updateAttempt(_ record: AttemptRecord) throws -> Bool {
    let changed = try change(record.id) { stored in
      guard stored.status == .running else { return false }
      let (viewSeq, credentialHash) = (stored.viewSeq, stored.credentialHash)
      stored = record
      stored.viewSeq = viewSeq
      stored.credentialHash = credentialHash
      return true
    }
    guard let changed else { return false }
    guard record.id.item == nil else { return true }
    let run = try required(record.id.run)
    let token = run.token
    undoing { run.token = token }
    run.token.apply(
      node: record.id.node,
      TokenSnapshot.Attempt(
        number: record.id.attempt, status: record.status, viewSeq: changed.viewSeq))
    return true
  }

  func recordLate(_ report: LateReport, of id: AttemptID) throws -> Bool {
    try change(id) { stored in
      guard stored.status != .running else { return false }
      stored.addLate(report)
      return true
    } != nil
  }
}

extension MemoryTables: EventWrites {
  func appendEvents(_ records: [EventRecord]) throws {
    let saved = (events.count, lastEvent)
    undoing {
      for event in self.events[saved.0...].reversed() {
        if let id = event.run { self.runs[id]?.events.removeLast() }
      }
      self.events.removeSubrange(saved.0...)
      self.lastEvent = saved.1
    }
    for var event in records {
      lastEvent += 1
      event.number = lastEvent
      events.append(event)
      if let id = event.run {
        runs[id]?.events.append(event)
        touch(id)
      }
    }
    touchEvents()
  }
}

extension MemoryTables: TokenWrites {
  func putToken(
    _ batch: TokenPutBatch, limits: TokenLimits, exempt: Bool
  ) throws -> TokenReceipt {
    let run = try required(batch.source.run)
    let token = run.token
    let node = batch.source.node
    let admission = try token.account.admitting(
      batch, limits: limits, exempt: exempt, at: now,
      present: { key in
        token.present(key, node: node).map {
          TokenAccount.Present(
            attempt: $0.attempt, bytes: $0.key.utf8.count + $0.value.utf8.count)
        }
      })
    undoing {
      run.token = token
      run.puts.removeLast(batch.entries.count)
    }
    for put in admission.puts(of: batch) {
      run.token.apply(put)
      run.puts.append(put)
    }
    touch(batch.source.run)
    return admission.receipt(limits)
  }
}

extension MemoryTables: RequestLog {
  func answer(of request: RequestKey, bodyHash: [UInt8]) throws -> [UInt8]? {
    guard let remembered = requests[request] else { return nil }
    guard remembered.bodyHash == bodyHash else { throw StoreRefusal.requestReused(request) }
    return remembered.answer
  }

  func remember(_ request: RequestKey, bodyHash: [UInt8], answer: [UInt8]) throws {
    let old = requests[request]
    undoing { self.requests[request] = old }
    requests[request] = Remembered(bodyHash: bodyHash, answer: answer, time: now)
  }

  func forgetRequests(before time: Timestamp, limit: Int) throws -> Int {
    let old = requests.filter { request, remembered in
      remembered.time < time && !request.scope.hasPrefix(RequestKey.putScopes)
    }.sorted { $0.value.time < $1.value.time }.prefix(max(0, limit))
    undoing { for (request, remembered) in old { self.requests[request] = remembered } }
    for (request, _) in old { requests[request] = nil }
    return old.count
  }
}

extension MemoryTables: StoreWriter {}
