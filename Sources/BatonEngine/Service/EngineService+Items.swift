internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Items of a `for_each` node by index, with their attempts (RE123).
  package func listItems(
    _ request: Wire.ListItemsRequest, _ call: UnaryCall<Wire.ListItemsResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      let empty = try PageFill<Wire.ItemRecord>(size: request.pageSize)
      let statuses = try Self.itemStatuses(request.statuses)
      let filter = request.node + "/" + statuses.map(\.word).sorted().joined(separator: ",")
      let place = try PageToken.decode(
        request.pageToken, kind: "items", request.run?.runID ?? "", filter)
      let after = try place.map { (text) throws(BatonError) in
        guard let index = Int(text) else { throw PlaceToken.invalid }
        return index
      }
      let catalog = engine.catalog
      return try await engine.store.readAsync { reader in
        let run = try reader.run(locator)
        let plan = try catalog.requirePlan(run, reader)
        guard plan.graph.index(of: request.node) != nil else {
          throw BatonError(
            .notFound, "node_not_found",
            "workflow \(plan.workflow.name) has no node \(request.node)")
        }
        let items = try reader.items(
          of: run.header.id, node: request.node, after: after, statuses: statuses,
          limit: empty.size + 1)
        var attempts: [Int: [BatonCore.AttemptRecord]] = [:]
        if let first = items.first?.index, let last = items.last?.index {
          let made = try reader.itemAttempts(
            of: run.header.id, node: request.node, indexes: first...last)
          attempts = Dictionary(grouping: made) { $0.id.item?.index ?? 0 }
        }
        var page = empty
        var response = Wire.ListItemsResponse()
        for (index, item) in items.enumerated()
        where !page.admits(Wire.ItemRecord(item, attempts[item.index] ?? [])) {
          response.nextPageToken = PageToken.encode(
            "\(items[index - 1].index)", kind: "items", request.run?.runID ?? "", filter)
          break
        }
        response.items = page.elements
        return response
      }
    }
  }

  private static func itemStatuses(_ words: [String]) throws(BatonError) -> Set<ItemStatus> {
    var statuses: Set<ItemStatus> = []
    for word in words {
      guard let status = ItemStatus(word: word) else {
        throw BatonError(
          .invalidArgument, "status_invalid", "`\(word.prefix(64))` is no item status",
          hint: "statuses: " + ItemStatus.allCases.map(\.word).joined(separator: ", "))
      }
      statuses.insert(status)
    }
    return statuses
  }
}

extension Wire.ItemRecord {
  /// Attempts of an item, and bytes of its element, that one answer has (RE123).
  private static let maximumAttempts = 100
  private static let maximumElementBytes = 1024

  init(_ item: BatonCore.ItemRecord, _ attempts: [BatonCore.AttemptRecord]) {
    self.init(
      index: UInt32(clamping: item.index), status: Wire.ItemStatus(item.status),
      reason: item.reason ?? "", element: item.element.shortened(to: Self.maximumElementBytes),
      elementBytes: Int64(clamping: item.element.utf8.count), kept: item.isKept,
      dropped: item.isDropped,
      attempts: attempts.suffix(Self.maximumAttempts).map(Wire.ItemAttemptRecord.init),
      attemptsTotal: UInt32(clamping: item.attempts))
  }
}

extension Wire.ItemAttemptRecord {
  init(_ attempt: BatonCore.AttemptRecord) {
    self.init()
    itemAttempt = UInt32(clamping: attempt.id.item?.attempt ?? 0)
    self.attempt = UInt32(clamping: attempt.id.attempt)
    cause = Wire.AttemptCause(attempt.cause)
    status = Wire.AttemptStatus(attempt.status)
    reason = attempt.reason ?? ""
    message = attempt.message ?? ""
    envRevision = UInt32(clamping: attempt.envRevision)
    started = attempt.started.milliseconds
    ended = attempt.ended?.milliseconds ?? 0
    if let code = attempt.exitCode {
      exitChoice = code < 0 ? .signal(Int32(clamping: -code)) : .exitCode(Int32(clamping: code))
    }
    host = attempt.host ?? ""
    childRunID = attempt.child?.description ?? ""
    late = attempt.late.map(Wire.LateReport.init)
    lateTotal = UInt32(clamping: attempt.lateTotal)
  }
}
