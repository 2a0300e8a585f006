internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// The content of a version, or the compiled model of one of its workflows.
  package func getApplication(
    _ request: Wire.GetApplicationRequest, _ call: UnaryCall<Wire.GetApplicationResponse>
  ) {
    respond(to: call) {
      let namespace = try RequestChecks.namespace(request.namespace)
      let name = try RequestChecks.required(request.application, "application")
      let version = request.version == 0 ? nil : Int(request.version)
      let workflow = try RequestChecks.optional(request.workflow, "workflow")
      let (catalog, documents) = (engine.catalog, engine.reader)
      return try await engine.store.readAsync { reader in
        let record = try reader.requireApplication(namespace, name, version)
        var response = Wire.GetApplicationResponse(
          application: name, version: UInt32(clamping: record.id.version),
          created: record.created.milliseconds)
        guard let workflow else {
          response.content = record.content
          response.format = Wire.ContentFormat(of: record.content, documents)
          return response
        }
        let id = WorkflowID(namespace: namespace, application: name, workflow: workflow)
        guard let plan = try catalog.plan(id, version: record.id.version, reader) else {
          throw ApplicationErrors.workflowNotFound(id)
        }
        response.model = Wire.WorkflowModel(plan)
        return response
      }
    }
  }

  /// Applications by name, with their newest versions.
  package func listApplications(
    _ request: Wire.ListApplicationsRequest, _ call: UnaryCall<Wire.ListApplicationsResponse>
  ) {
    respond(to: call) {
      let namespace = try RequestChecks.namespace(request.namespace)
      let empty = try PageFill<Wire.ApplicationSummary>(size: request.pageSize)
      let after = try PageToken.decode(
        request.pageToken, kind: "apps", namespace, request.namePrefix)
      let catalog = engine.catalog
      return try await engine.store.readAsync { reader in
        var page = empty
        let found = try reader.applications(
          namespace: namespace, prefix: request.namePrefix, after: after,
          limit: page.size + 1)
        if found.isEmpty { try reader.requireNamespace(namespace) }
        var response = Wire.ListApplicationsResponse()
        var last: String?
        for summary in found {
          let application = try catalog.application(
            ApplicationVersionID(
              namespace: namespace, application: summary.name, version: summary.version), reader)
          guard page.admits(Wire.ApplicationSummary(summary, application)) else {
            response.nextPageToken = PageToken.encode(
              last ?? "", kind: "apps", namespace, request.namePrefix)
            break
          }
          last = summary.name
        }
        response.applications = page.elements
        return response
      }
    }
  }
}

extension Wire.ApplicationSummary {
  init(_ summary: BatonStore.ApplicationSummary, _ application: Application?) {
    self.init(
      application: summary.name, version: UInt32(clamping: summary.version),
      created: summary.created.milliseconds, description: application?.description ?? "",
      workflows: application?.workflows.keys.sorted() ?? [])
  }
}
