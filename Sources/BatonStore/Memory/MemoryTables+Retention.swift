internal import BatonCore

extension MemoryTables: RetentionWrites {
  func isRemovable(_ id: RunID) throws -> Bool {
    guard let record = runs[id]?.record, !record.state.status.isActive else { return false }
    return !isNeeded(record.header)
  }

  /// Whether the tree of an ended run needs it.
  private func isNeeded(_ header: RunHeader) -> Bool {
    if header.root == header.id { return !members(of: header.id).isEmpty }
    return runs[header.root]?.record.state.status.isActive ?? false
  }

  func deleteRun(_ id: RunID) throws -> RemovedRun {
    let run = try required(id)
    guard !run.record.state.status.isActive else { throw StoreRefusal.runActive(id) }
    guard !isNeeded(run.record.header) else { throw StoreRefusal.treeActive(id) }
    remove { $0.record.header.id == id }
    return RemovedRun(
      id: id, events: run.record.state.lastEvent, puts: run.token.account.puts)
  }

  func deleteApplication(namespace: String, name: String) throws {
    let key = Application(namespace: namespace, name: name)
    guard let newest = applications[key]?.last?.id.version else {
      throw StoreRefusal.applicationMissing(namespace, name)
    }
    let isOfApplication: (WorkflowID) -> Bool = {
      $0.namespace == namespace && $0.application == name
    }
    let active = order.count { run in
      isOfApplication(run.record.header.workflow) && run.record.state.status.isActive
    }
    guard active == 0 else { throw StoreRefusal.runActive(namespace, name, count: active) }
    let saved = (applications, programs, removed, events)
    undoing {
      (self.applications, self.programs, self.removed, self.events) = saved
    }
    applications[key] = nil
    programs[key] = nil
    removed[key] = newest
    events.removeAll { $0.run == nil && isOfApplication($0.workflow) }
    remove { run in
      let root = self.runs[run.record.header.root]?.record.header.workflow
      return isOfApplication(run.record.header.workflow) || root.map(isOfApplication) ?? false
    }
  }

  /// Nothing is left: removal is done at once.
  func purge(rows: Int) throws -> Bool { false }

  /// Takes runs out of everything that knows them.
  private func remove(where isGone: (Run) -> Bool) {
    let gone = Set(order.filter(isGone).map(\.record.header.id))
    guard !gone.isEmpty else { return }
    let saved = (runs, order, external, credentials, events, requests, removedIDs)
    undoing {
      (self.runs, self.order, self.external, self.credentials) = (
        saved.0, saved.1, saved.2, saved.3
      )
      (self.events, self.requests, self.removedIDs) = (saved.4, saved.5, saved.6)
    }
    removedIDs.formUnion(external.filter { gone.contains($0.value) }.keys)
    external = external.filter { !gone.contains($0.value) }
    credentials = credentials.filter { !gone.contains($0.value.run) }
    events.removeAll { $0.run.map(gone.contains) ?? false }
    order.removeAll { gone.contains($0.record.header.id) }
    let scopes = Set(gone.map(RequestKey.putScope))
    let length = scopes.first?.utf8.count ?? 0
    requests = requests.filter { !scopes.contains(String($0.key.scope.prefix(length))) }
    for id in gone {
      runs[id] = nil
      touch(id)
    }
  }
}

extension MemoryTables {
  func prunableRuns(_ query: PruneQuery) throws -> [RunID] {
    var newer: [WorkflowID: Int] = [:]
    var found: [[RunID]] = []
    for run in order.reversed() {
      let (header, state) = (run.record.header, run.record.state)
      guard !state.status.isActive, header.root == header.id,
        query.namespace == nil || query.namespace == header.workflow.namespace,
        query.application == nil || query.application == header.workflow.application,
        !query.excluded.contains(ApplicationName(of: header.workflow))
      else { continue }
      let isBeyond = query.keepNewest.map { newer[header.workflow, default: 0] >= $0 } ?? false
      let isOld = query.endedBefore.map { state.ended ?? header.created < $0 } ?? false
      newer[header.workflow, default: 0] += 1
      guard isBeyond || isOld else { continue }
      let below = members(of: header.id)
      guard !below.contains(where: { $0.state.status.isActive }) else { continue }
      found.append(below.map(\.header.id) + [header.id])
    }
    return Array(found.reversed().joined().prefix(max(0, query.limit)))
  }

  var statistics: StoreStatistics {
    StoreStatistics(
      runs: order.count, activeRuns: order.count { $0.record.state.status.isActive },
      oldestEvent: events.first?.number ?? 0, newestEvent: events.last?.number ?? 0)
  }
}
