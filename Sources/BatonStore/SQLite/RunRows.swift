internal import BatonCore

extension RawStatement {
  /// The run of a row of `SQL.run`'s columns.
  func runRecord() throws -> RunRecord {
    var header = RunHeader(
      id: try run(0),
      workflow: WorkflowID(namespace: text(1), application: text(2), workflow: text(3)),
      version: int(4), created: time(6), externalID: optionalText(7), trigger: try value(8),
      schedule: optionalText(9), chainDepth: int(10), root: try optionalRun(28),
      principal: text(14))
    if let parent = try optionalRun(11) {
      header.parent = AttemptID(
        run: parent, node: text(12), attempt: int(13), item: attemptItem(from: 30))
    }
    if let details = optionalBytes(26) { try header.unpackDetails(details) }
    var state = RunState(status: try value(5))
    state.started = optionalTime(15)
    state.suspended = optionalTime(16)
    state.resumed = optionalTime(17)
    state.stopping = optionalTime(18)
    state.ended = optionalTime(19)
    state.reason = optionalText(20)
    if let failures = optionalBytes(21) { try state.unpackFailures(failures) }
    state.finishError = optionalText(22)
    state.reruns = int(23)
    state.skips = int(24)
    state.lastEvent = int(25)
    state.stop = try optionalBytes(27).map { try StopOrder(packed: $0) }
    try state.unpackEnds(optionalBytes(29))
    return RunRecord(header: header, state: state)
  }

  /// Binds a run to `SQL.insertRun`.
  func bind(_ record: RunRecord) {
    let header = record.header
    let state = record.state
    bind(1, header.id)
    bind(2, header.workflow.namespace)
    bind(3, header.workflow.application)
    bind(4, header.workflow.workflow)
    bind(5, header.version)
    bind(6, Int(state.status.rawValue))
    bind(7, header.created)
    bind(8, header.externalID)
    bind(9, Int(header.trigger.rawValue))
    bind(10, header.schedule)
    bind(11, header.chainDepth)
    bind(12, header.parent?.run)
    bind(13, header.parent?.node)
    bind(14, header.parent?.attempt)
    bind(15, header.principal)
    bind(16, state.started)
    bind(17, state.suspended)
    bind(18, state.resumed)
    bind(19, state.stopping)
    bind(20, state.ended)
    bind(21, state.reason)
    bind(22, state.packedFailures)
    bind(23, state.finishError)
    bind(24, state.reruns)
    bind(25, state.skips)
    bind(26, state.lastEvent)
    bind(27, header.packedDetails)
    bind(28, state.stop?.packed)
    bind(29, header.root == header.id ? nil : header.root)
    bind(30, state.packedEnds)
    bind(31, header.parent?.item?.index)
    bind(32, header.parent?.item?.attempt)
  }

  /// Binds a state to `SQL.updateRun` or `SQL.updateRunSameStatus`.
  func bind(_ run: RunID, _ state: RunState) {
    bind(1, run)
    bind(2, Int(state.status.rawValue))
    bind(3, state.started)
    bind(4, state.suspended)
    bind(5, state.resumed)
    bind(6, state.stopping)
    bind(7, state.ended)
    bind(8, state.reason)
    bind(9, state.packedFailures)
    bind(10, state.finishError)
    bind(11, state.reruns)
    bind(12, state.skips)
    bind(13, state.lastEvent)
    bind(15, state.stop?.packed)
    bind(16, state.packedEnds)
  }

  /// The node of a row of `SQL.nodes`.
  func nodeRecord(of run: RunID) throws -> NodeRecord {
    var record = NodeRecord(run: run, node: text(1), rank: int(0))
    record.status = try value(2)
    record.reason = optionalText(3)
    record.outcome = optionalInt(4).map { $0 != 0 }
    record.attempts = int(5)
    record.wakes = optionalTime(6)
    try record.unpackChain(optionalBytes(8))
    record.chain.began = optionalTime(7)
    return record
  }

  /// The attempt of a row of `SQL.attempt`'s columns.
  func attemptRecord() throws -> AttemptRecord {
    var record = AttemptRecord(
      id: AttemptID(run: try run(0), node: text(1), attempt: int(2)), cause: try value(4),
      chain: int(5), started: time(8))
    record.status = try value(3)
    record.reason = optionalText(6)
    record.message = optionalText(7)
    record.ended = optionalTime(9)
    record.exitCode = optionalInt(10)
    record.host = optionalText(11)
    record.viewSeq = seq(12)
    if let id = optionalText(14) {
      guard let type = ProgramType(rawValue: text(13)) else {
        throw StoreError.unreadable("\(text(13)) is no program type")
      }
      record.program = ProgramReference(type: type, id: id)
    }
    record.credentialHash = optionalBytes(15)
    record.used = try optionalBytes(16).map { try AttemptInputs(packed: $0) }
    record.leftoverKilled = int(17)
    record.killReason = optionalText(18)
    record.hook = try optionalValue(19)
    record.ending = try optionalBytes(20).map { try AttemptEnding(packed: $0) }
    if let packed = optionalBytes(21) { record.limitsUnenforced = try [String](packed: packed) }
    record.envRevision = int(23)
    if let packed = optionalBytes(24) { try record.unpackDetails(packed) }
    return record
  }

  /// The attempt of a row of `SQL.itemAttempt`'s columns.
  func itemAttemptRecord() throws -> AttemptRecord {
    var record = try attemptRecord()
    record.id.item = attemptItem(from: 25)
    return record
  }

  /// The item, and the number of its attempt, of two columns; nil: there is none.
  func attemptItem(from column: Int32) -> AttemptID.Item? {
    optionalInt(column).map { AttemptID.Item(index: $0, attempt: int(column + 1)) }
  }

  /// Binds an attempt to `SQL.insertAttempt`, apart from what concerns program runs and the view,
  /// or to `SQL.insertItemAttempt`, apart from the item.
  func bind(_ record: AttemptRecord) {
    bind(1, record.id.run)
    bind(2, record.id.node)
    bind(3, record.id.attempt)
    bind(4, Int(record.status.rawValue))
    bind(5, Int(record.cause.rawValue))
    bind(6, record.chain)
    bind(7, record.reason)
    bind(8, record.message)
    bind(9, record.started)
    bind(10, record.ended)
    bind(11, record.exitCode)
    bind(12, record.host)
    bind(13, record.viewSeq)
    bind(14, record.program?.type.rawValue)
    bind(15, record.program?.id)
    bind(16, record.credentialHash)
    bind(17, record.used?.packed)
    bind(18, record.leftoverKilled)
    bind(19, record.killReason)
    bind(20, (record.hook?.rawValue).map { Int($0) })
    bind(21, record.ending?.packed)
    bind(22, record.limitsUnenforced.packed)
    bind(23, record.envRevision)
    bind(24, record.packedDetails)
  }

  /// Binds an outcome to `SQL.updateAttempt`, or to `SQL.updateItemAttempt`, apart from the item.
  func bind(outcome record: AttemptRecord) {
    bind(1, record.id.run)
    bind(2, record.id.node)
    bind(3, record.id.attempt)
    bind(4, Int(record.status.rawValue))
    bind(5, Int(record.cause.rawValue))
    bind(6, record.chain)
    bind(7, record.reason)
    bind(8, record.message)
    bind(9, record.ended)
    bind(10, record.exitCode)
    bind(11, record.host)
    bind(12, record.used?.packed)
    bind(13, record.leftoverKilled)
    bind(14, record.killReason)
    bind(15, record.ending?.packed)
    bind(16, record.limitsUnenforced.packed)
    bind(17, record.packedDetails)
  }

  /// The put of a row of `SQL.tokenPuts`.
  func tokenPut() throws -> TokenPut {
    TokenPut(
      seq: seq(0), scope: try value(1), key: text(2), node: text(3), attempt: int(4),
      value: text(6), time: time(5))
  }
}
