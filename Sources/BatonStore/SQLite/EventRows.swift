internal import BatonCore

/// Kinds of events as they are stored; numbers never change their meaning.
private enum EventKind: UInt8 {
  case run = 1
  case node
  case attempt
  case applicationDeployed
  case applicationDeleted
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
      return .run(from: try optionalValue(11), to: try value(12), reason: optionalText(13))
    case .node:
      return .node(
        name: text(9), from: try value(11), to: try value(12), reason: optionalText(13))
    case .attempt:
      return .attempt(
        node: text(9), attempt: int(10), from: try optionalValue(11), to: try value(12),
        reason: optionalText(13), cause: try value(14))
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
    case .run(let from, let to, let reason):
      bind(.run, nil, nil, from?.rawValue, to.rawValue, reason, nil)
    case .node(let name, let from, let to, let reason):
      bind(.node, name, nil, from.rawValue, to.rawValue, reason, nil)
    case .attempt(let node, let attempt, let from, let to, let reason, let cause):
      bind(.attempt, node, attempt, from?.rawValue, to.rawValue, reason, cause.rawValue)
    case .applicationDeployed: bind(.applicationDeployed, nil, nil, nil, nil, nil, nil)
    case .applicationDeleted: bind(.applicationDeleted, nil, nil, nil, nil, nil, nil)
    }
  }

  private func bind(
    _ kind: EventKind, _ node: String?, _ attempt: Int?, _ from: UInt8?, _ to: UInt8?,
    _ reason: String?, _ cause: UInt8?
  ) {
    bind(9, Int(kind.rawValue))
    bind(10, node)
    bind(11, attempt)
    bind(12, from.map(Int.init))
    bind(13, to.map(Int.init))
    bind(14, reason)
    bind(15, cause.map(Int.init))
  }
}
