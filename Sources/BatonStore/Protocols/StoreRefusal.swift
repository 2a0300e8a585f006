internal import BatonCore

/// The refusals of writes, in the same words for every store.
enum StoreRefusal {
  static func externalIDTaken(_ id: String, _ workflow: WorkflowID) -> BatonError {
    BatonError(
      .alreadyExists, "run_id_taken",
      "workflow \(workflow) has a run with the id \(JSONString.quoted(id)) already")
  }

  static func requestReused(_ request: RequestKey) -> BatonError {
    BatonError(
      .alreadyExists, "request_id_reused",
      "request id \(request.id) was used with another body")
  }

  static func runMissing(_ id: RunID) -> BatonError {
    BatonError(.notFound, "run_not_found", "no run \(id)")
  }

  static func runExists(_ id: RunID) -> BatonError {
    BatonError(.internal, "internal", "run \(id) is stored already")
  }

  static func nodeMissing(_ node: NodeRecord) -> BatonError {
    BatonError(.internal, "internal", "run \(node.run) has no node \(node.node)")
  }

  static func attemptExists(_ id: AttemptID) -> BatonError {
    BatonError(.internal, "internal", "attempt \(id) is stored already")
  }

  static func versionOutOfOrder(_ id: ApplicationVersionID, newest: Int) -> BatonError {
    BatonError(
      .internal, "internal",
      "version \(id.version) of \(id.application) cannot follow version \(newest)")
  }
}
