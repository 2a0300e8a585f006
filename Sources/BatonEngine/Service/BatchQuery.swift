internal import BatonCore
internal import BatonStore
internal import BatonWire
internal import Logging

/// A BatchRuns request, checked as a whole (B1.4); its elements are judged one by one (B2.2).
struct BatchQuery: Sendable {
  /// Elements of one call.
  private static let maximumPrograms = 1000
  /// The sum of the limits of a unary call (B1.3).
  private static let maximumTotal = 5000

  /// The elements as received, each with what was asked or what is wrong with it (400).
  let elements: [(received: Wire.BatchRunsProgram, asked: Result<BatchElement, BatonError>)]
  private let filters: BatchElement.Filters

  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `status_invalid`, `time_range_invalid`,
  ///   `name_invalid`.
  init(_ request: Wire.BatchRunsRequest) throws(BatonError) {
    guard request.programs.count <= Self.maximumPrograms else {
      throw BatonError(
        .invalidArgument, "batch_too_large",
        "\(request.programs.count) programs, a call takes \(Self.maximumPrograms)",
        hint: "split the call")
    }
    let (since, until) = try RunFilters.timeRange(request.since, request.until)
    let filters = BatchElement.Filters(
      namespace: request.namespace.isEmpty ? "default" : request.namespace,
      statuses: try RunFilters.runStatuses(request.statuses), since: since, until: until,
      activeFirst: request.activeFirst)
    if request.programs.contains(where: { $0.namespace.isEmpty }) {
      _ = try RequestChecks.namespace(request.namespace)
    }
    self.filters = filters
    elements = request.programs.map { program in
      (program, Result { () throws(BatonError) in try BatchElement(program, filters) })
    }
  }

  /// - Throws: INVALID_ARGUMENT `batch_too_large` when a unary answer could pass a frame (B1.3).
  func checkTotal() throws(BatonError) {
    let total = elements.reduce(0) { sum, element in
      guard case .success(let asked) = element.asked else { return sum }
      return sum + asked.limit
    }
    guard total <= Self.maximumTotal else {
      throw BatonError(
        .invalidArgument, "batch_too_large",
        "the limits of the elements add up to \(total), a call answers \(Self.maximumTotal) runs",
        hint: "use StreamBatchRuns, or split the call")
    }
  }

  /// The answers of all elements, in their order; what is wrong with one is said in it.
  func answers(_ reader: any StoreReader, _ engine: Engine) -> [Wire.BatchRunsResult] {
    elements.map { received, asked in
      var result = Self.echo(received)
      do {
        try asked.get().fill(&result, filters, reader, engine.catalog)
        result.statusCode = 200
      } catch let error as BatonError {
        result.statusCode = Self.statusCode(error.code)
        result.reason = error.reason.rawValue
        result.message = error.message
      } catch {
        engine.logger.error("batch element failed", metadata: ["error": "\(error)"])
        result.statusCode = 500
        result.reason = "internal"
        result.message = "this element could not be read; the server's log says why"
      }
      return result
    }
  }

  private static func echo(_ received: Wire.BatchRunsProgram) -> Wire.BatchRunsResult {
    var result = Wire.BatchRunsResult()
    result.namespace = clipped(received.namespace)
    result.appID = clipped(received.appID)
    result.programID = clipped(received.programID)
    let type = ProgramType(rawValue: received.programType.uppercased())
    result.programType = type?.rawValue ?? clipped(received.programType)
    return result
  }

  private static func clipped(_ text: String) -> String {
    guard text.utf8.count > 256 else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: 256)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text.unicodeScalars[..<end])
  }

  /// The status of an element for a code (CT9).
  private static func statusCode(_ code: BatonError.Code) -> Int32 {
    switch code {
    case .invalidArgument: 400
    case .unauthenticated: 401
    case .permissionDenied: 403
    case .notFound: 404
    case .alreadyExists, .aborted, .failedPrecondition: 409
    case .resourceExhausted: 429
    case .unavailable: 503
    case .deadlineExceeded: 504
    default: 500
    }
  }
}
