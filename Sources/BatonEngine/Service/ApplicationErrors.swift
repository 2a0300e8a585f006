internal import BatonCore
internal import BatonStore

/// Answers about applications and workflows that do not exist.
enum ApplicationErrors {
  static func workflowNotFound(_ workflow: WorkflowID) -> BatonError {
    BatonError(
      .notFound, "workflow_not_found",
      "application \(workflow.application) has no workflow \(workflow.workflow)",
      hint: "`baton app \(workflow.application)` lists its workflows")
  }
}

extension ApplicationReads {
  /// A version of an application; version nil: the newest.
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`, `version_not_found`.
  func requireApplication(
    _ namespace: String, _ name: String, _ version: Int?
  ) throws -> ApplicationRecord {
    if let record = try application(namespace: namespace, name: name, version: version) {
      return record
    }
    throw try missing(namespace, name, version)
  }

  /// The number of the version asked for, or of the newest one.
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`, `version_not_found`.
  func requireVersion(_ namespace: String, _ name: String, _ version: Int?) throws -> Int {
    guard let newest = try newestVersion(namespace: namespace, name: name) else {
      throw try missing(namespace, name, nil)
    }
    guard let version else { return newest }
    // Numbers below the newest may be those of a deleted application of the name.
    if version == newest { return version }
    return try requireApplication(namespace, name, version).id.version
  }

  /// - Throws: NOT_FOUND `namespace_not_found` (CT8).
  func requireNamespace(_ namespace: String) throws {
    guard try namespaceExists(namespace) else {
      throw BatonError(
        .notFound, "namespace_not_found", "there is nothing in namespace \(namespace)",
        hint: "a namespace exists while an application is in it")
    }
  }

  func missing(_ namespace: String, _ name: String, _ version: Int?) throws -> BatonError {
    try requireNamespace(namespace)
    if let version, let newest = try newestVersion(namespace: namespace, name: name) {
      return BatonError(
        .notFound, "version_not_found",
        "application \(name) in \(namespace) has no version \(version); the newest is \(newest)")
    }
    return BatonError(
      .notFound, "app_not_found", "no application \(name) in \(namespace)",
      hint: "`baton apps` lists what is deployed")
  }
}
