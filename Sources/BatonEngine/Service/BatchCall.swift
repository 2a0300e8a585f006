internal import BatonCore
internal import BatonStore
internal import BatonWire
internal import Logging

/// What all batch calls check as a whole, and how they answer elements (B1.4, B1.5).
enum BatchCall {
  /// Elements of one call.
  private static let maximumPrograms = 1000

  /// Checks the number of elements, and the namespace of the call where an element relies on it.
  ///
  /// - Returns: The namespace of elements that name none.
  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `name_invalid`.
  static func namespace(
    _ namespace: String, for programs: [some BatchAsked]
  ) throws(BatonError) -> String {
    guard programs.count <= maximumPrograms else {
      throw BatonError(
        .invalidArgument, "batch_too_large",
        "\(programs.count) programs, a call takes \(maximumPrograms)", hint: "split the call")
    }
    guard programs.contains(where: \.namespace.isEmpty) else { return "default" }
    return try RequestChecks.namespace(namespace)
  }

  /// The answer to one element; what is wrong with it is said in it.
  ///
  /// - Parameters:
  ///   - asked: The element as received.
  ///   - logger: Where an element that could not be read is reported.
  ///   - fill: Fills in what was asked for.
  /// - Returns: The answer.
  /// - Throws: What concerns the whole call: `CancellationError`, UNAVAILABLE.
  static func answer<Answer: BatchAnswered>(
    _ asked: some BatchAsked, _ logger: Logger, _ fill: (inout Answer) throws -> Void
  ) throws -> Answer {
    var answer = Answer(asked)
    do {
      try fill(&answer)
      return answer
    } catch {
      return try Answer(asked, Self.error(error, logger))
    }
  }

  /// An error as an element says it.
  ///
  /// - Throws: What concerns the whole call: `CancellationError`, UNAVAILABLE.
  static func error(_ error: any Error, _ logger: Logger) throws -> BatonError {
    if error is CancellationError { throw error }
    let answer = (error as? StoreError)?.answer ?? BatonError(anyError: error)
    if answer.code == .unavailable { throw answer }
    guard answer.code == .internal else { return answer }
    logger.error("an element of a batch could not be served", metadata: ["error": "\(error)"])
    return BatonError(
      .internal, "internal", "this element could not be served; the server's log says why")
  }
}
