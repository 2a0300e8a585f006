internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Validates an application file and stores it as a new version when its model changed (G47).
  package func deployApplication(
    _ request: Wire.DeployApplicationRequest, _ call: UnaryCall<Wire.DeployApplicationResponse>
  ) {
    respond(to: call) { try await deploy(request, call.context) }
  }

  private func deploy(
    _ request: Wire.DeployApplicationRequest, _ context: any ServerContext
  ) async throws -> Wire.DeployApplicationResponse {
    let namespace = try RequestChecks.namespace(request.namespace)
    guard !request.dryRun else {
      try RepeatableCall.check(request, context)
      return try await dryRun(request, namespace)
    }
    let repeatable = try RepeatableCall(request, in: namespace, context)
    // The file is judged only when the id says that this is no repeat.
    if let repeatable {
      let answer = try await engine.store.commit {
        try repeatable.firstAnswer(Wire.DeployApplicationResponse.self, $0)
      }
      if let answer { return answer }
    }
    let deployment: Deployment
    switch try compile(request, namespace) {
    case .success(let compiled): deployment = compiled
    case .failure(let problems):
      throw BatonError(.invalidArgument, "app_invalid", problems.message)
    }
    return try await engine.store.commit { writer in
      let first = try repeatable?.firstAnswer(Wire.DeployApplicationResponse.self, writer)
      if let first { return first }
      let response = try deployment.store(writer)
      try repeatable?.remember(response, writer)
      return response
    }
  }

  /// What a deployment would do; problems of the file are part of the answer.
  private func dryRun(
    _ request: Wire.DeployApplicationRequest, _ namespace: String
  ) async throws -> Wire.DeployApplicationResponse {
    switch try compile(request, namespace) {
    case .success(let deployment):
      return try await engine.store.readAsync { try deployment.outcome($0).response }
    case .failure(let problems):
      return Wire.DeployApplicationResponse(
        problems: problems.listed.map(Wire.Problem.init),
        problemsTotal: UInt32(clamping: problems.total))
    }
  }

  /// The model of the file, or everything that is wrong with it (G11).
  private func compile(
    _ request: Wire.DeployApplicationRequest, _ namespace: String
  ) throws -> Result<Deployment, ProblemList> {
    let format = try DocumentFormat(request.format)
    switch engine.reader.read(request.content, format: format).flatMap(compiler.compile) {
    case .failure(let problems): return .failure(problems)
    case .success(let compiled):
      return .success(
        Deployment(
          namespace: namespace, name: compiled.application.name, content: request.content,
          model: try ApplicationModel.encode(compiled.application),
          programs: compiled.application.references,
          warnings: compiled.warnings.map(Wire.Problem.init)))
    }
  }
}

/// A compiled application file that is to become a version.
private struct Deployment: Sendable {
  let namespace: String
  let name: String
  let content: [UInt8]
  let model: [UInt8]
  let programs: [ProgramReference]
  let warnings: [Wire.Problem]

  /// What storing it now makes: the next version, or none if the newest has the same model (G47).
  func outcome(
    _ reader: any ApplicationReads
  ) throws -> (response: Wire.DeployApplicationResponse, version: Int) {
    let newest = try reader.application(namespace: namespace, name: name, version: nil)
    let isSame = newest?.model == model
    let version: Int
    if let newest, isSame {
      version = newest.id.version
    } else {
      version = try reader.nextVersion(namespace: namespace, name: name)
    }
    let response = Wire.DeployApplicationResponse(
      application: name, version: UInt32(clamping: version), created: !isSame,
      warnings: warnings)
    return (response, version)
  }

  /// Stores it within a unit of work.
  func store(_ writer: any StoreWriter) throws -> Wire.DeployApplicationResponse {
    let (response, version) = try outcome(writer)
    guard response.created else { return response }
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
    return response
  }
}

extension DocumentFormat {
  /// - Throws: INVALID_ARGUMENT `app_invalid` for a format that this version does not know.
  init(_ format: Wire.ContentFormat) throws(BatonError) {
    switch format {
    case .unspecified, .auto: self = .auto
    case .yaml: self = .yaml
    case .json: self = .json
    default:
      throw BatonError(.invalidArgument, "app_invalid", "format \(format.rawValue) is unknown")
    }
  }
}

extension Wire.ContentFormat {
  /// The language of a stored file: JSON when it is JSON, however it was deployed.
  init(of content: [UInt8], _ reader: any DocumentReader) {
    if case .success = reader.read(content, format: .json) { self = .json } else { self = .yaml }
  }
}
