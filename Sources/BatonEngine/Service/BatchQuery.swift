internal import BatonCore
internal import BatonStore
internal import BatonWire

/// A BatchRuns request, checked as a whole (B1.4); its elements are judged one by one (B2.2).
struct BatchQuery: Sendable {
  /// The sum of the limits of a unary call (B1.3).
  private static let maximumTotal = 5000
  /// About how many runs a stream reads at a time.
  private static let runsOfPart = 1000

  private struct Element: Sendable {
    var received: Wire.BatchRunsProgram
    /// What was asked, or what is wrong with it (400).
    var asked: Result<BatchElement, BatonError>

    /// The most runs of the answer.
    var limit: Int {
      guard case .success(let asked) = asked else { return 0 }
      return asked.limit
    }
  }

  private let elements: [Element]
  private let filters: BatchElement.Filters

  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `status_invalid`, `time_range_invalid`,
  ///   `name_invalid`.
  init(_ request: Wire.BatchRunsRequest) throws(BatonError) {
    let namespace = try BatchCall.namespace(request.namespace, for: request.programs)
    let (since, until) = try RunFilters.timeRange(request.since, request.until)
    let filters = BatchElement.Filters(
      namespace: namespace, statuses: try RunFilters.runStatuses(request.statuses), since: since,
      until: until, activeFirst: request.activeFirst)
    self.filters = filters
    elements = request.programs.map { program in
      Element(
        received: program,
        asked: Result { () throws(BatonError) in try BatchElement(program, filters) })
    }
  }

  /// - Throws: INVALID_ARGUMENT `batch_too_large` when a unary answer could pass a frame (B1.3).
  func checkTotal() throws(BatonError) {
    let total = elements.reduce(0) { $0 + $1.limit }
    guard total <= Self.maximumTotal else {
      throw BatonError(
        .invalidArgument, "batch_too_large",
        "the limits of the elements add up to \(total), a call answers \(Self.maximumTotal) runs",
        hint: "use StreamBatchRuns, or split the call")
    }
  }

  /// All elements in parts whose answers are read at a time.
  var parts: [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = 0
    var runs = 0
    for (index, element) in elements.enumerated() {
      if index > start, runs + element.limit > Self.runsOfPart {
        parts.append(start..<index)
        (start, runs) = (index, 0)
      }
      runs += element.limit
    }
    if start < elements.count { parts.append(start..<elements.count) }
    return parts
  }

  /// The answers of elements, in their order; what is wrong with one is said in it.
  ///
  /// - Parameters:
  ///   - part: Which elements; nil: all.
  ///   - reader: The snapshot.
  ///   - engine: Where the definitions of programs are known.
  ///   - context: The call: it ends between two elements when it is cancelled or late (B5.4).
  /// - Returns: The answers, in request order.
  /// - Throws: `CancellationError`, UNAVAILABLE.
  func answers(
    of part: Range<Int>? = nil, _ reader: any StoreReader, _ engine: Engine,
    _ context: any ServerContext
  ) throws -> [Wire.BatchRunsResult] {
    try elements[part ?? elements.indices].map { element in
      if context.isCancelled { throw CancellationError() }
      return try BatchCall.answer(element.received, engine.logger) { answer in
        try element.asked.get().fill(&answer, filters, reader, engine.catalog)
      }
    }
  }
}
