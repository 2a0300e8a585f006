internal import BatonCore
internal import BatonStore

/// A worker's report of how an attempt ended, with the one who waits for its answer (CT23).
struct WorkerReport: Sendable {
  let attempt: AttemptID
  let lease: String
  /// The name of the worker, for the list of late reports.
  let worker: String
  let outcome: AttemptOutcome
  /// What is to be remembered of the call (CT7); nil: it brought no request id.
  let remembering: (key: RequestKey, bodyHash: [UInt8])?
  let completion: @Sendable (Result<Recorded, any Error>) -> Void

  /// What the attempt is in the record.
  struct Recorded: Hashable, Sendable {
    var status: AttemptStatus
    var reason: String?

    init(_ attempt: AttemptRecord) {
      status = attempt.status
      reason = attempt.reason
    }

    /// The answer as it is remembered: the status, then the reason.
    var bytes: [UInt8] { [status.rawValue] + Array((reason ?? "").utf8) }

    /// - Throws: `StoreError.damaged`.
    init(bytes: [UInt8]) throws {
      guard let first = bytes.first, let status = AttemptStatus(rawValue: first) else {
        throw StoreError.unreadable("the answer remembered for a report of a worker")
      }
      self.status = status
      reason = bytes.count > 1 ? String(decoding: bytes.dropFirst(), as: UTF8.self) : nil
    }
  }

  /// What became of a report in a step.
  enum Answer: Sendable {
    /// It counts: the answer is what the step records of the attempt.
    case counts
    case known(Recorded)
    case refused(any Error)
  }

  /// The answer to an earlier call with the same id; nil: there was none.
  ///
  /// - Throws: ALREADY_EXISTS `request_id_reused`, and what the store throws.
  func firstAnswer(_ log: any RequestLog) throws -> Recorded? {
    guard let remembering,
      let bytes = try log.answer(of: remembering.key, bodyHash: remembering.bodyHash)
    else { return nil }
    return try Recorded(bytes: bytes)
  }
}

extension Engine {
  /// Has a report recorded, unless it was answered before (CT7).
  func report(_ report: WorkerReport) {
    guard report.remembering != nil else { return hand(report) }
    store.submit {
      try report.firstAnswer($0)
    } completion: { [self] result in
      switch result {
      case .success(let known?): report.completion(.success(known))
      case .success(nil): hand(report)
      case .failure(let error): report.completion(.failure(error))
      }
    }
  }

  /// Hands a report to the driver of its attempt, which reads the tree when nobody drives it.
  private func hand(_ report: WorkerReport) {
    do {
      while true {
        guard let driver = try driverReading(report.attempt.run) else {
          throw BatonError(.notFound, "run_not_found", "no run \(report.attempt.run)")
        }
        if driver.send(.reported(report)) { return }
        remove(driver)
      }
    } catch {
      report.completion(.failure(error))
    }
  }
}
