internal import BatonCore

extension SQLiteWriter: ApplicationWrites {
  func insertApplication(_ record: ApplicationRecord, programs: [ProgramReference]) throws {
    let id = record.id
    let next = try nextVersion(namespace: id.namespace, name: id.application)
    guard id.version == next else { throw StoreRefusal.versionOutOfOrder(id, next: next) }
    if try removedApplication(id.namespace, id.application)?.isPurged == false {
      throw StoreRefusal.beingRemoved(id)
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
    for program in programs {
      try run(.setProgram) { row in
        row.bind(1, id.namespace)
        row.bind(2, id.application)
        row.bind(3, program.type.rawValue)
        row.bind(4, program.id)
        row.bind(5, id.version)
      }
    }
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

  func forgetRequests(before time: Timestamp, limit: Int) throws -> Int {
    try run(.forgetRequests) { row in
      row.bind(1, time)
      row.bind(2, max(0, limit))
    }
    return session.changes
  }
}

extension SQLiteWriter: StoreWriter {}
