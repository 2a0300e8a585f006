internal import BatonCore
internal import BatonWire

extension Run {
  /// Reads the environment of the tree of runs that the run belongs to (RE10).
  ///
  /// - Parameter revision: The revision, from 1; nil for the newest.
  /// - Returns: The environment.
  /// - Throws: NOT_FOUND `run_not_found`, `env_revision_not_found`.
  public func environment(revision: Int? = nil) async throws -> RunEnvironmentRecord {
    let response = try await client.engine.getEnv(
      Wire.GetEnvRequest(run: reference.wire, revision: UInt32(clamping: revision ?? 0)))
    return RunEnvironmentRecord(
      revision: Int(response.revision), entries: response.entries.map(EnvironmentEntry.init))
  }

  /// Lists the revisions of the environment, newest first (RE15).
  ///
  /// - Parameter limit: At most this many; nil for all.
  /// - Returns: The revisions.
  /// - Throws: NOT_FOUND `run_not_found`.
  public func environmentRevisions(limit: Int? = nil) async throws -> [EnvironmentRevision] {
    var request = Wire.ListEnvRevisionsRequest()
    request.run = reference.wire
    return try await collectPages(limit: limit) { size, token in
      request.pageSize = size
      request.pageToken = token
      let page = try await client.engine.listEnvRevisions(request)
      return (page.revisions.map(EnvironmentRevision.init), page.nextPageToken)
    }
  }

  /// Changes the environment of the tree of runs; starts nothing (RE74).
  ///
  /// Attempts that start afterwards use it; programs that execute keep theirs (RE17, RE18).
  ///
  /// - Parameters:
  ///   - change: The change.
  ///   - note: Free text kept with the call, at most 1,024 bytes.
  ///   - requestID: Makes the call safe to repeat; nil for a fresh one.
  /// - Returns: The newest revision, and what was altered; nothing when the values were so before.
  /// - Throws: INVALID_ARGUMENT `nothing_to_update`, `env_name_invalid`, `invalid_text`,
  ///   `note_too_long`; NOT_FOUND `run_not_found`; ABORTED `env_changed`; FAILED_PRECONDITION
  ///   `run_stopping`, `run_rejected`, `run_completed`, `run_superseded`; RESOURCE_EXHAUSTED
  ///   `env_limit`, `env_revision_limit`.
  @discardableResult
  public func updateEnvironment(
    _ change: EnvironmentChange, note: String = "", requestID: String? = nil
  ) async throws -> (revision: Int, edits: [EnvironmentEdit]) {
    let request = Wire.UpdateEnvRequest(
      run: reference.wire, change: change.wire, note: note,
      requestID: requestID ?? RequestID.make())
    let response = try await client.engine.updateEnv(request, options: .withRequestID)
    return (Int(response.envRevision), response.changes.map(EnvironmentEdit.init))
  }
}
