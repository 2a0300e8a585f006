internal import BatonCore

extension SQLiteWriter: ApplicationWrites {
  func insertApplication(_ record: ApplicationRecord) throws {
    let id = record.id
    let newest = try newestVersion(namespace: id.namespace, name: id.application) ?? 0
    guard id.version == newest + 1 else {
      throw StoreRefusal.versionOutOfOrder(id, newest: newest)
    }
    try run(.insertApplication) { row in
      row.bind(1, id.namespace)
      row.bind(2, id.application)
      row.bind(3, id.version)
      row.bind(4, record.created)
      row.bind(5, record.content)
      row.bind(6, record.model)
    }
    try run(.setApplicationHead) { row in
      row.bind(1, id.namespace)
      row.bind(2, id.application)
      row.bind(3, id.version)
      row.bind(4, record.created)
    }
  }

  func deleteApplication(namespace: String, name: String) throws {
    try settlePending()
    let bind: (RawStatement) -> Void = { row in
      row.bind(1, namespace)
      row.bind(2, name)
    }
    while let id = try session.first(.runOfApplication, bind, { try $0.run(0) }) {
      try deleteRun(id)
    }
    try run(.deleteApplicationEvents, bind)
    try run(.deleteApplicationCounts, bind)
    try run(.deleteApplicationVersions, bind)
    try run(.deleteApplicationHead, bind)
  }

  private func deleteRun(_ id: RunID) throws {
    touch(id)
    accounts[id] = nil
    facts[id] = nil
    for sql in [
      SQL.deleteTokenPuts, .deleteTokenEntries, .deleteTokenAccount, .deleteEvents,
      .deleteAttempts, .deleteNodes, .deleteRun,
    ] {
      try run(sql) { $0.bind(1, id) }
    }
    try run(.deletePutRequests) { row in
      let scope = RequestKey.putScope(of: id)
      row.bind(1, scope)
      // The character after the colon, so that these are all scopes that begin so.
      row.bind(2, scope.dropLast() + ";")
    }
    if notesTokens { effects.tokens.append(.deleted(id)) }
  }
}

extension SQLiteWriter: EventWrites {
  func appendEvents(_ events: [EventRecord]) throws {
    guard !events.isEmpty else { return }
    effects.touched.events = true
    for event in events {
      let number = try nextEventNumber()
      try run(.insertEvent) { $0.bind(event, number: number) }
      if let run = event.run { effects.touched.runs.insert(run) }
    }
  }
}

extension SQLiteWriter: RequestLog {
  func answer(of request: RequestKey, bodyHash: [UInt8]) throws -> [UInt8]? {
    let found = try session.first(.request) { row in
      row.bind(1, request.scope)
      row.bind(2, request.id)
    } _: {
      (hash: $0.bytes(0), answer: $0.bytes(1))
    }
    guard let found else { return nil }
    guard found.hash == bodyHash else { throw StoreRefusal.requestReused(request) }
    return found.answer
  }

  func remember(_ request: RequestKey, bodyHash: [UInt8], answer: [UInt8]) throws {
    try run(.insertRequest) { row in
      row.bind(1, request.scope)
      row.bind(2, request.id)
      row.bind(3, bodyHash)
      row.bind(4, answer)
      row.bind(5, now)
    }
  }
}

extension SQLiteWriter: StoreWriter {}
