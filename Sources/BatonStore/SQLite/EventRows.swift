internal import BatonCore

/// Kinds of events as they are stored; numbers never change their meaning.
private enum EventKind: UInt8 {
  case run = 1
  case node
  case attempt
  case applicationDeployed
  case applicationDeleted
  case attemptLate
  case env
}

extension RawStatement {
  /// The event of a row of `SQL.events`.
  func eventRecord() throws -> EventRecord {
    var record = EventRecord(
      event: int(1), time: time(2), run: try optionalRun(3),
      workflow: WorkflowID(namespace: text(4), application: text(5), workflow: text(6)),
      version: int(7), change: try change())
    record.number = seq(0)
    return record
  }

  private func change() throws -> EventRecord.Change {
    let kind: EventKind = try value(8)
    switch kind {
    case .run:
      return .run(
        from: try optionalValue(11), to: try value(12), reason: optionalText(13),
        cause: optionalText(9))
    case .node:
      return .node(
        name: text(9), from: try value(11), to: try value(12), reason: optionalText(13))
    case .attempt:
      return .attempt(
        node: text(9), attempt: int(10), item: attemptItem(from: 15), from: try optionalValue(11),
        to: try value(12), reason: optionalText(13), cause: try value(14))
    case .attemptLate:
      return .attemptLate(
        node: text(9), attempt: int(10), item: attemptItem(from: 15), outcome: try value(12))
    case .env:
      return .env(
        revision: int(10), call: try value(14),
        names: try optionalBytes(17).map { try [String](packed: $0) } ?? [])
    case .applicationDeployed: return .applicationDeployed
    case .applicationDeleted: return .applicationDeleted
    }
  }

  /// Binds an event to `SQL.insertEvent`.
  func bind(_ event: EventRecord, number: UInt64) {
    bind(1, number)
    bind(2, event.event)
    bind(3, event.time)
    bind(4, event.run)
    bind(5, event.workflow.namespace)
    bind(6, event.workflow.application)
    bind(7, event.workflow.workflow)
    bind(8, event.version)
    switch event.change {
    case .run(let from, let to, let reason, let cause):
      bind(.run, cause, from: from?.rawValue, to: to.rawValue, reason)
    case .node(let name, let from, let to, let reason):
      bind(.node, name, from: from.rawValue, to: to.rawValue, reason)
    case .attempt(let node, let attempt, let item, let from, let to, let reason, let cause):
      bind(
        .attempt, node, attempt, from: from?.rawValue, to: to.rawValue, reason, cause.rawValue,
        item)
    case .attemptLate(let node, let attempt, let item, let outcome):
      bind(.attemptLate, node, attempt, to: outcome.rawValue, nil, nil, item)
    case .env(let revision, let call, let names):
      bind(.env, nil, revision, nil, call.rawValue, nil, names)
    case .applicationDeployed: bind(.applicationDeployed)
    case .applicationDeleted: bind(.applicationDeleted)
    }
  }

  private func bind(
    _ kind: EventKind, _ node: String? = nil, _ attempt: Int? = nil, from: UInt8? = nil,
    to: UInt8? = nil, _ reason: String? = nil, _ cause: UInt8? = nil,
    _ item: AttemptID.Item? = nil, _ names: [String]? = nil
  ) {
    bind(9, Int(kind.rawValue))
    bind(10, node)
    bind(11, attempt)
    bind(12, from.map(Int.init))
    bind(13, to.map(Int.init))
    bind(14, reason)
    bind(15, cause.map(Int.init))
    bind(16, item?.index)
    bind(17, item?.attempt)
    bind(18, names?.packed)
  }
}
