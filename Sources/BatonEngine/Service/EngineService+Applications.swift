internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Validates an application file and stores it as a new version when its model changed (G47).
  package func deployApplication(
    _ request: Wire.DeployApplicationRequest, _ call: UnaryCall<Wire.DeployApplicationResponse>
  ) {
    respond(to: call) { try await deploy(request) }
  }

  private func deploy(
    _ request: Wire.DeployApplicationRequest
  ) async throws -> Wire.DeployApplicationResponse {
    let namespace = try RequestChecks.namespace(request.namespace)
    let requestKey = try RequestID.key(request.requestID, namespace, "DeployApplication")
    let compiled = compile(request)
    guard case .success(let application) = compiled else {
      guard case .failure(let problems) = compiled else { return .init() }
      return try refuse(problems, dryRun: request.dryRun)
    }
    let model = try ApplicationModel.encode(application.application)
    let programs = application.application.references
    let name = application.application.name
    let warnings = application.warnings.map(Wire.Problem.init)
    if request.dryRun {
      let (newest, next) = try await engine.store.readAsync {
        (
          try $0.application(namespace: namespace, name: name, version: nil),
          try $0.nextVersion(namespace: namespace, name: name)
        )
      }
      let isSame = newest?.model == model
      return Wire.DeployApplicationResponse(
        application: name,
        version: UInt32(clamping: isSame ? newest?.id.version ?? next : next),
        created: !isSame, warnings: warnings)
    }
    let bodyHash = RequestID.hash([
      request.content, Array(namespace.utf8), Array("\(request.format.rawValue)".utf8),
    ])
    let content = request.content
    let stored = try await engine.store.commit { writer in
      try StoredVersion.store(
        namespace: namespace, name: name, content: content, model: model, programs: programs,
        writer,
        requestKey, bodyHash)
    }
    return Wire.DeployApplicationResponse(
      application: name, version: UInt32(clamping: stored.version), created: stored.created,
      warnings: warnings)
  }

  private func compile(
    _ request: Wire.DeployApplicationRequest
  ) -> Result<CompiledApplication, ProblemList> {
    let format: DocumentFormat =
      switch request.format {
      case .yaml: .yaml
      case .json: .json
      default: .auto
      }
    return engine.reader.read(request.content, format: format).flatMap { compiler.compile($0) }
  }

  private func refuse(
    _ problems: ProblemList, dryRun: Bool
  ) throws(BatonError) -> Wire.DeployApplicationResponse {
    guard dryRun else { throw BatonError(.invalidArgument, "app_invalid", problems.message) }
    return Wire.DeployApplicationResponse(
      problems: problems.listed.map(Wire.Problem.init),
      problemsTotal: UInt32(clamping: problems.total))
  }

  /// The content of a version, or the compiled model of one of its workflows.
  package func getApplication(
    _ request: Wire.GetApplicationRequest, _ call: UnaryCall<Wire.GetApplicationResponse>
  ) {
    respond(to: call) {
      let namespace = try RequestChecks.namespace(request.namespace)
      let name = try RequestChecks.required(request.application, "application")
      let version = request.version == 0 ? nil : Int(request.version)
      let catalog = engine.catalog
      return try await engine.store.readAsync { reader in
        let record = try reader.requireApplication(namespace, name, version)
        var response = Wire.GetApplicationResponse(
          application: name, version: UInt32(clamping: record.id.version),
          created: record.created.milliseconds)
        guard !request.workflow.isEmpty else {
          response.content = record.content
          return response
        }
        let workflow = WorkflowID(
          namespace: namespace, application: name, workflow: request.workflow)
        guard let plan = try catalog.plan(workflow, version: record.id.version, reader) else {
          throw ApplicationErrors.workflowNotFound(workflow)
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
      let size = try PageSize.checked(request.pageSize)
      let after = try PageToken.decode(request.pageToken, kind: "apps", request.namePrefix)
      let catalog = engine.catalog
      return try await engine.store.readAsync { reader in
        let found = try reader.applications(
          namespace: namespace, prefix: request.namePrefix, after: after, limit: size + 1)
        var response = Wire.ListApplicationsResponse()
        for summary in found.prefix(size) {
          let id = ApplicationVersionID(
            namespace: namespace, application: summary.name, version: summary.version)
          let application = try catalog.application(id, reader)
          response.applications.append(
            Wire.ApplicationSummary(
              application: summary.name, version: UInt32(clamping: summary.version),
              created: summary.created.milliseconds,
              description: application?.description ?? "",
              workflows: application?.workflows.keys.sorted() ?? []))
        }
        if found.count > size, let last = found.prefix(size).last {
          response.nextPageToken = PageToken.encode(
            last.name, kind: "apps", request.namePrefix)
        }
        return response
      }
    }
  }
}

/// The outcome of a deployment.
struct StoredVersion: Sendable {
  var version: Int
  var created: Bool

  /// Stores a model as the next version, unless it equals the newest one (G47).
  static func store(
    namespace: String, name: String, content: [UInt8], model: [UInt8],
    programs: [ProgramReference], _ writer: any StoreWriter, _ request: RequestKey?,
    _ bodyHash: [UInt8]
  ) throws -> StoredVersion {
    if let request, let answer = try writer.answer(of: request, bodyHash: bodyHash) {
      return StoredVersion(
        version: Int(String(decoding: answer.dropFirst(), as: UTF8.self)) ?? 0,
        created: answer.first == UInt8(ascii: "+"))
    }
    let newest = try writer.application(namespace: namespace, name: name, version: nil)
    let stored: StoredVersion
    if let newest, newest.model == model {
      stored = StoredVersion(version: newest.id.version, created: false)
    } else {
      let version = try writer.nextVersion(namespace: namespace, name: name)
      try writer.insertApplication(
        ApplicationRecord(
          id: ApplicationVersionID(namespace: namespace, application: name, version: version),
          created: writer.now, content: content, model: model), programs: programs)
      try writer.appendEvents([
        EventRecord(
          event: 0, time: writer.now, run: nil,
          workflow: WorkflowID(namespace: namespace, application: name, workflow: ""),
          version: version, change: .applicationDeployed)
      ])
      stored = StoredVersion(version: version, created: true)
    }
    if let request {
      let answer = (stored.created ? "+" : "=") + String(stored.version)
      try writer.remember(request, bodyHash: bodyHash, answer: Array(answer.utf8))
    }
    return stored
  }
}
