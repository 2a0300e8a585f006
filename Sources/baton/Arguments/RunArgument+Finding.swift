package import BatonClient

extension RunArgument {
  /// The run that is meant; asks the server where the text is not enough.
  ///
  /// - Throws: NOT_FOUND `run_not_found`; INVALID_ARGUMENT `run_ambiguous`; what the listing
  ///   throws.
  package func find(_ client: BatonClient) async throws -> Run {
    switch self {
    case .id(let id, let namespace):
      return client.run(RunReference(id: id, namespace: namespace ?? client.namespace))
    case .brought(let id, let workflow):
      let workflow = try WorkflowID(workflow, namespace: client.namespace)
      return client.run(RunReference(id: id, of: workflow))
    case .latest(let name):
      let workflow = try WorkflowID(name, namespace: client.namespace)
      let runs = try await client.runs(RunFilter(workflow: workflow), limit: 1)
      guard let newest = runs.first else {
        throw BatonError(.notFound, "run_not_found", "\(workflow) has no run")
      }
      return client.run(RunReference(id: newest.id, of: workflow))
    case .prefix(let prefix, let namespace):
      var filter = RunFilter(namespace: namespace)
      filter.idPrefix = prefix
      // Two are enough to know that it is not unique.
      let runs = try await client.runs(filter, limit: 2)
      if let run = try Self.only(runs, prefix, client, namespace) { return run }
      return try await Self.loose(prefix, client, namespace)
    case .loose(let id):
      return try await Self.loose(id, client, nil)
    }
  }

  private static func loose(
    _ id: String, _ client: BatonClient, _ namespace: String?
  ) async throws -> Run {
    var filter = RunFilter(namespace: namespace)
    filter.externalID = id
    let runs = try await client.runs(filter, limit: 2)
    if let run = try only(runs, id, client, namespace) { return run }
    throw BatonError(
      .notFound, "run_not_found",
      "no run \(id) in \(namespace ?? client.namespace)",
      hint: "give a run id, at least \(shortestPrefix) characters of it, or APP/WORKFLOW@latest")
  }

  private static func only(
    _ runs: [RunRecord], _ text: String, _ client: BatonClient, _ namespace: String?
  ) throws -> Run? {
    guard let first = runs.first else { return nil }
    guard runs.count == 1 else {
      throw BatonError(
        .invalidArgument, "run_ambiguous", "\(text) names several runs",
        hint: "give more characters of the id, or APP/WORKFLOW@ID")
    }
    return client.run(RunReference(id: first.id, namespace: namespace ?? client.namespace))
  }
}
