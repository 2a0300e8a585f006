internal import BatonCore

/// The refusals of writes, in the same words for every store.
enum StoreRefusal {
  static func externalIDTaken(_ id: String, _ workflow: WorkflowID) -> BatonError {
    BatonError(
      .alreadyExists, "run_id_taken",
      "workflow \(workflow) has a run with the id \(JSONString.quoted(id)) already")
  }

  static func runActive(_ id: RunID) -> BatonError {
    BatonError(
      .failedPrecondition, "run_active", "run \(id) is active",
      hint: "wait for its end, or stop it")
  }

  static func treeActive(_ id: RunID) -> BatonError {
    BatonError(
      .failedPrecondition, "run_active", "run \(id) is part of a tree of runs that is still needed",
      hint: "wait for the end of its root, which it goes with")
  }

  static func runActive(_ namespace: String, _ application: String, count: Int) -> BatonError {
    BatonError(
      .failedPrecondition, "run_active",
      "application \(application) in \(namespace) has \(count) active runs",
      hint: "wait for their end, or stop them")
  }

  static func applicationMissing(_ namespace: String, _ name: String) -> BatonError {
    BatonError(.notFound, "app_not_found", "no application \(name) in \(namespace)")
  }

  static func beingRemoved(_ id: ApplicationVersionID) -> BatonError {
    BatonError(
      .unavailable, "unavailable",
      "the deleted application \(id.application) is still being removed",
      hint: "repeat the call after a moment")
  }

  static func requestReused(_ request: RequestKey) -> BatonError {
    BatonError(
      .alreadyExists, "request_id_reused",
      "request id \(request.id) was used with another body")
  }

  static func snapshotsTaken(_ limit: Int) -> BatonError {
    BatonError(
      .unavailable, "unavailable", "\(limit) long reads are under way already",
      hint: "repeat the call after a moment")
  }

  static func snapshotOver(_ time: Duration) -> BatonError {
    BatonError(
      .deadlineExceeded, "deadline_exceeded",
      "the answers were not taken within \(time.milliseconds) ms, for which their snapshot is kept",
      hint: "ask for less in one call, or take the answers faster")
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

  static func revisionOutOfOrder(_ revision: EnvRevision, newest: Int) -> BatonError {
    BatonError(
      .internal, "internal",
      "revision \(revision.number) of the environment of run \(revision.root) is stored out of "
        + "order; the newest is \(newest)")
  }

  static func versionOutOfOrder(_ id: ApplicationVersionID, next: Int) -> BatonError {
    BatonError(
      .internal, "internal",
      "version \(id.version) of \(id.application) is stored out of order; the next is \(next)")
  }
}
