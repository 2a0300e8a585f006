public import BatonCore
internal import BatonWire

/// One attempt of an item of `for_each`.
public struct ItemAttempt: Sendable, Hashable {
  /// Its number, from 1 per index over all passes.
  public var number: Int
  /// The attempt of the node, a pass over the list.
  public var pass: Int
  /// Why it exists, such as `FIRST` or `RETRY`.
  public var cause: String
  /// Its status when it was read.
  public var status: AttemptStatus
  /// Why it is FAILED or KILLED.
  public var reason: String?
  /// One sentence about its end.
  public var message: String?
  /// The revision of the environment that it used.
  public var environmentRevision: Int
  /// When it started.
  public var started: Timestamp?
  /// When its outcome was recorded.
  public var ended: Timestamp?
  /// How its main process ended; nil where none ran.
  public var exit: Attempt.Exit?
  /// The child run that it made, if any.
  public var childRunID: String?
}

/// An item of a `for_each` node (RE106).
public struct NodeItem: Sendable, Hashable {
  /// Its place in the list, from 0.
  public var index: Int
  /// Its status when it was read.
  public var status: String
  /// Why its newest attempt is FAILED or KILLED.
  public var reason: String?
  /// Its element as JSON text, cut where it is long.
  public var element: String
  /// The bytes of the whole element.
  public var elementBytes: Int64
  /// Whether the newest pass kept an earlier outcome.
  public var isKept: Bool
  /// Whether its index lies past the end of the newest list.
  public var isDropped: Bool
  /// Its newest attempts, ascending.
  public var attempts: [ItemAttempt]
  /// The number of attempts made.
  public var attemptsTotal: Int
}

extension Run {
  /// Lists the items of a `for_each` node by index.
  ///
  /// - Parameters:
  ///   - node: The node.
  ///   - statuses: Only items with one of these statuses; none for all.
  ///   - limit: At most this many; nil for all.
  /// - Returns: The items; none for a node that has not started, or has no items.
  /// - Throws: NOT_FOUND `run_not_found`, `node_not_found`; INVALID_ARGUMENT `status_invalid`.
  public func items(
    of node: String, statuses: [String] = [], limit: Int? = nil
  ) async throws -> [NodeItem] {
    var request = Wire.ListItemsRequest()
    request.run = reference.wire
    request.node = node
    request.statuses = statuses
    return try await collectPages(limit: limit) { size, token in
      request.pageSize = size
      request.pageToken = token
      let page = try await client.engine.listItems(request)
      return (page.items.map(NodeItem.init), page.nextPageToken)
    }
  }
}

extension NodeItem {
  init(_ wire: Wire.ItemRecord) {
    index = Int(wire.index)
    status = wire.status.name
    reason = wire.reason.nonEmpty
    element = wire.element
    elementBytes = wire.elementBytes
    isKept = wire.kept
    isDropped = wire.dropped
    attempts = wire.attempts.map(ItemAttempt.init)
    attemptsTotal = Int(wire.attemptsTotal)
  }
}

extension ItemAttempt {
  init(_ wire: Wire.ItemAttemptRecord) {
    number = Int(wire.itemAttempt)
    pass = Int(wire.attempt)
    cause = wire.cause.name
    status = AttemptStatus(rawValue: wire.status.name)
    reason = wire.reason.nonEmpty
    message = wire.message.nonEmpty
    environmentRevision = Int(wire.envRevision)
    started = Timestamp(wire: wire.started)
    ended = Timestamp(wire: wire.ended)
    exit =
      switch wire.exitChoice {
      case .exitCode(let code): .code(Int(code))
      case .signal(let number): .signal(Int(number))
      case nil: nil
      }
    childRunID = wire.childRunID.nonEmpty
  }
}
