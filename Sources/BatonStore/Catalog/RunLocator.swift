package import BatonCore

/// How a call names a run (T54): by Baton's id, or by the id that its trigger brought.
package struct RunLocator: Hashable, Sendable {
  /// Empty: `default` for a brought id; unchecked for Baton's id.
  package var namespace: String
  package var application: String
  package var workflow: String
  package var runID: String

  package init(namespace: String, application: String, workflow: String, runID: String) {
    self.namespace = namespace
    self.application = application
    self.workflow = workflow
    self.runID = runID
  }

  /// Baton's id, when the text is one.
  ///
  /// - Throws: INVALID_ARGUMENT `run_id_invalid` when the text is none and no workflow is named
  ///   whose brought ids it could be of.
  package func baseID() throws(BatonError) -> RunID? {
    if let id = RunID(runID) { return id }
    guard !runID.isEmpty, !application.isEmpty, !workflow.isEmpty else {
      throw BatonError(
        .invalidArgument, "run_id_invalid", "`\(runID)` is not a run id",
        hint: "give the 36 characters of the run id, or application and workflow with the id "
          + "that the trigger brought")
    }
    return nil
  }

  /// Whether a run with Baton's id is in the namespace, application and workflow named.
  package func matches(_ workflow: WorkflowID) -> Bool {
    (namespace.isEmpty || namespace == workflow.namespace)
      && (application.isEmpty || application == workflow.application)
      && (self.workflow.isEmpty || self.workflow == workflow.workflow)
  }

  /// The answer when there is no such run.
  package var notFound: BatonError {
    var place = namespace.isEmpty ? "" : " in \(namespace)"
    if !application.isEmpty { place += place.isEmpty ? " in \(application)" : ":\(application)" }
    if !workflow.isEmpty { place += "/\(workflow)" }
    return BatonError(.notFound, "run_not_found", "no run \(runID)\(place)")
  }
}

extension RunReads {
  /// The run that a call names.
  ///
  /// - Throws: INVALID_ARGUMENT `run_id_invalid`, NOT_FOUND `run_not_found`.
  package func run(_ locator: RunLocator) throws -> RunRecord {
    if let id = try locator.baseID() {
      guard let record = try run(id), locator.matches(record.header.workflow) else {
        throw locator.notFound
      }
      return record
    }
    let workflow = WorkflowID(
      namespace: locator.namespace.isEmpty ? "default" : locator.namespace,
      application: locator.application, workflow: locator.workflow)
    guard let record = try run(externalID: locator.runID, of: workflow) else {
      throw locator.notFound
    }
    return record
  }
}
