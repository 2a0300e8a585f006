internal import BatonCore

extension RawStatement {
  /// The item of a row of `SQL.items`.
  func itemRecord(of run: RunID, _ node: String) throws -> ItemRecord {
    var record = ItemRecord(run: run, node: node, index: int(0), element: text(1), pass: int(6))
    record.status = try value(2)
    record.reason = optionalText(3)
    record.attempts = int(4)
    record.wakes = optionalTime(5)
    record.isKept = int(7) != 0
    record.isDropped = int(8) != 0
    return record
  }

  /// Binds an item to `SQL.putItem`.
  func bind(_ record: ItemRecord) {
    bind(1, record.run)
    bind(2, record.node)
    bind(3, record.index)
    bind(4, record.element)
    bind(5, Int(record.status.rawValue))
    bind(6, record.reason)
    bind(7, record.attempts)
    bind(8, record.wakes)
    bind(9, record.pass)
    bind(10, record.isKept ? 1 : 0)
    bind(11, record.isDropped ? 1 : 0)
  }

  /// The revision of a row of `SQL.envRevisions`.
  func envRevision(of root: RunID) throws -> EnvRevision {
    EnvRevision(
      root: root, number: int(0), time: time(1), principal: text(2), requestID: text(3),
      call: try value(4), run: try run(5), note: text(6), edits: try [EnvEdit](packed: bytes(7)))
  }

  /// Binds a revision to `SQL.insertEnvRevision`.
  func bind(_ revision: EnvRevision) {
    bind(1, revision.root)
    bind(2, revision.number)
    bind(3, revision.time)
    bind(4, revision.principal)
    bind(5, revision.requestID)
    bind(6, Int(revision.call.rawValue))
    bind(7, revision.run)
    bind(8, revision.note)
    bind(9, revision.edits.packed)
  }
}
