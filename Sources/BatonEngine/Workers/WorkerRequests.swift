internal import BatonCore
internal import BatonWire

extension Wire.HeartbeatRequest: RepeatableRequest {}
extension Wire.ReportOutcomeRequest: RepeatableRequest {}

/// A request for work whose form is right (CT21).
struct QueueOrder: Sendable {
  let queue: QueueName
  let worker: String
  let capacity: Int
  /// Programs as `APP/PROGRAM`; empty: all.
  let programs: Set<String>

  /// The most leases that a stream may have open.
  static let maximumCapacity = 1000
  /// The most programs that a request may name.
  static let maximumPrograms = 1000

  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `limit_invalid`.
  init(_ request: Wire.OpenQueueRequest) throws(BatonError) {
    queue = QueueName(
      namespace: try RequestChecks.namespace(request.namespace),
      queue: try RequestChecks.required(request.queue, "queue"))
    worker = try Self.worker(request.worker)
    guard (1...Self.maximumCapacity).contains(Int(clamping: request.capacity)) else {
      throw BatonError(
        .invalidArgument, "limit_invalid",
        "capacity is \(request.capacity), it must be 1 to \(Self.maximumCapacity)")
    }
    capacity = Int(request.capacity)
    guard request.programs.count <= Self.maximumPrograms else {
      throw BatonError(
        .invalidArgument, "limit_invalid",
        "the request names \(request.programs.count) programs, the limit is "
          + "\(Self.maximumPrograms)")
    }
    for program in request.programs {
      let parts = program.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ Name.isLegal(String($0)) }) else {
        throw BatonError(
          .invalidArgument, "name_invalid", "`\(program.prefix(256))` is no name of a program",
          hint: "write APPLICATION/PROGRAM")
      }
    }
    programs = Set(request.programs)
  }

  /// A name for people: 1 to 128 characters of `[A-Za-z0-9_.-]`, in any order.
  private static func worker(_ text: String) throws(BatonError) -> String {
    guard !text.isEmpty else {
      throw BatonError(.invalidArgument, "name_missing", "worker is empty")
    }
    // The form of names (G2), but for what they may start with.
    guard text.utf8.count <= Name.maximumLength, Name.isLegal("w" + text.dropFirst()),
      Name.isLegal("w\(text.prefix(1))")
    else {
      throw BatonError(
        .invalidArgument, "name_invalid", "worker `\(text.prefix(256))` is not a legal name",
        hint: "names of workers have 1 to 128 of A-Z a-z 0-9 _ . -")
    }
    return text
  }
}

extension Wire.HeartbeatRequest {
  private static let greatestProgress: UInt32 = 100

  /// - Throws: INVALID_ARGUMENT `limit_invalid`, `note_too_long`.
  func check() throws(BatonError) {
    guard progress <= Self.greatestProgress else {
      throw BatonError(
        .invalidArgument, "limit_invalid",
        "progress is \(progress), it must be 0 to \(Self.greatestProgress)")
    }
    try RequestChecks.note(note, "note")
  }
}

extension Wire.ReportOutcomeRequest {
  /// What a worker reports (CT23).
  ///
  /// - Throws: INVALID_ARGUMENT `status_invalid`, `limit_invalid`, `note_too_long`,
  ///   `token_entries_invalid`, `token_key_invalid`, `invalid_text`.
  func checkedOutcome() throws(BatonError) -> AttemptOutcome {
    if let exitCode {
      guard (0...255).contains(exitCode) else {
        throw BatonError(
          .invalidArgument, "limit_invalid", "exit_code is \(exitCode), it must be 0 to 255")
      }
    }
    try RequestChecks.note(message, "message")
    var outcome: AttemptOutcome
    switch self.outcome {
    case .completed: outcome = AttemptOutcome(status: .completed)
    case .failed:
      let reason = exitCode == nil ? "worker_failed" : "exit_nonzero"
      outcome = AttemptOutcome(status: .failed, reason: reason)
      outcome.message = "the worker reported a failure"
    case .killed: outcome = AttemptOutcome(status: .killed)
    default:
      throw BatonError(
        .invalidArgument, "status_invalid", "the outcome is neither COMPLETED, FAILED nor KILLED")
    }
    outcome.exitCode = exitCode.map(Int.init)
    if !message.isEmpty { outcome.message = message }
    if !entries.isEmpty {
      outcome.puts = entries.map { TokenPutBatch.Entry(key: $0.key, value: $0.value) }
      try TokenForm.check(outcome.puts)
    }
    return outcome
  }
}
