package import BatonCore

package protocol EventReads {
  /// Events of a run in order, after an event number of the run.
  func events(of run: RunID, after event: Int, limit: Int) throws -> [EventRecord]
  /// Events of the installation in commit order, after a place in the log.
  func events(after number: UInt64, limit: Int) throws -> [EventRecord]
  /// The place of the newest event; 0: none.
  func lastEventNumber() throws -> UInt64
}

package protocol EventWrites {
  /// Appends events; the store gives the numbers of the log.
  func appendEvents(_ events: [EventRecord]) throws
}

/// Answers of calls that carried a request id (CT7).
package protocol RequestLog {
  /// The answer remembered for a request; nil: not seen.
  ///
  /// - Throws: ALREADY_EXISTS `request_id_reused` when the id was used with another body.
  func answer(of request: RequestKey, bodyHash: [UInt8]) throws -> [UInt8]?
  /// Remembers the answer of an accepted call.
  func remember(_ request: RequestKey, bodyHash: [UInt8], answer: [UInt8]) throws
  /// Forgets requests remembered before a time, oldest first; those of puts go with their run.
  ///
  /// - Returns: How many were forgotten; less than `limit`: no more are as old.
  @discardableResult
  func forgetRequests(before time: Timestamp, limit: Int) throws -> Int
}

/// The scope of a request id: caller, namespace or attempt, method (CT7, T23).
///
/// What is remembered for puts into a run's token goes with the run.
package struct RequestKey: Hashable, Sendable {
  package var scope: String
  package var id: String

  package init(scope: String, id: String) {
    self.scope = scope
    self.id = id
  }

  /// The key of a put into the token of the attempt's run (T23).
  package init(putOf attempt: AttemptID, id: String) {
    self.init(scope: Self.putScopes + attempt.description, id: id)
  }

  /// What the scopes of all puts begin with.
  static let putScopes = "PutToken:"

  /// What the scopes of all puts into the token of a run begin with.
  static func putScope(of run: RunID) -> String { "\(putScopes)\(run):" }
}
