internal import BatonCore
internal import BatonStore
internal import BatonWire

/// The program that an element of a batch call names, with its form checked (B2.2, B6).
struct BatchProgram: Sendable {
  let namespace: String
  let application: String
  let type: ProgramType
  let id: String
  /// Nil: the current version; runs of all of them.
  let version: Int?

  /// Checks the names and the type of an element, in the order of B2.2.
  ///
  /// - Parameters:
  ///   - asked: The element as received.
  ///   - namespace: For elements that name none.
  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `program_type_invalid`.
  init(_ asked: some BatchAsked, namespace: String) throws(BatonError) {
    application = try RequestChecks.required(asked.appID, "appId")
    id = try RequestChecks.required(asked.programID, "programId")
    self.namespace =
      asked.namespace.isEmpty
      ? namespace : try RequestChecks.required(asked.namespace, "namespace")
    guard !asked.programType.isEmpty else {
      throw BatonError(
        .invalidArgument, "program_type_invalid",
        "programType is missing; known are "
          + ProgramType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard let type = ProgramType(rawValue: asked.programType.uppercased()) else {
      let given = JSONString.quoted(asked.programType.clipped(to: 64))
      throw BatonError(
        .invalidArgument, "program_type_invalid",
        "programType \(asked.programType.isEmpty ? "is missing" : given + " is unknown"); known: "
          + ProgramType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self.type = type
    version = asked.version == 0 ? nil : Int(asked.version)
  }

  /// The workflow, where the program is one.
  var workflow: WorkflowID {
    WorkflowID(namespace: namespace, application: application, workflow: id)
  }

  /// Checks that the program is one that can be started and stopped.
  ///
  /// - Throws: INVALID_ARGUMENT `not_a_workflow`.
  func checkIsWorkflow() throws(BatonError) {
    guard type == .workflow else {
      throw BatonError(
        .invalidArgument, "not_a_workflow",
        "\(type.rawValue) \(id) runs as a node of a workflow, not by itself")
    }
  }

  /// A program exists when the version asked for, or the current one, has it (B2.4, B2.5).
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`, `version_not_found`,
  ///   `program_not_found`, `program_retired`; what the store throws.
  func checkExists(_ reader: any StoreReader, _ catalog: ApplicationCatalog) throws {
    guard try reader.newestVersion(namespace: namespace, name: application) != nil else {
      if try namespace != "default" && !reader.namespaceExists(namespace) {
        throw BatonError(.notFound, "namespace_not_found", "no namespace \(namespace)")
      }
      throw BatonError(
        .notFound, "app_not_found", "no application \(application) in \(namespace)")
    }
    let number = try reader.requireVersion(namespace, application, version)
    if try has(number, reader, catalog) { return }
    let program = ProgramReference(type: type, id: id)
    if version == nil,
      let earlier = try reader.newestVersion(
        of: program, namespace: namespace, application: application)
    {
      throw BatonError(
        .notFound, "program_retired",
        "version \(number) of \(application) has no \(type.rawValue) \(id); version \(earlier) "
          + "had it: ask with version")
    }
    throw BatonError(
      .notFound, "program_not_found", "\(application) has no \(type.rawValue) \(id)")
  }

  /// Whether a version has the program.
  private func has(
    _ number: Int, _ reader: any StoreReader, _ catalog: ApplicationCatalog
  ) throws -> Bool {
    let key = ApplicationVersionID(
      namespace: namespace, application: application, version: number)
    guard let model = try catalog.application(key, reader) else {
      throw try reader.missing(namespace, application, number)
    }
    return type == .workflow ? model.workflows[id] != nil : model.programs[id]?.type == type
  }
}

/// What the elements of all batch requests have in common.
protocol BatchAsked: Sendable {
  var namespace: String { get }
  var appID: String { get }
  var programType: String { get }
  var programID: String { get }
  var version: UInt32 { get }
}

extension Wire.BatchRunsProgram: BatchAsked {}
extension Wire.BatchStatusProgram: BatchAsked {}
extension Wire.BatchStartProgram: BatchAsked {}
extension Wire.BatchStopProgram: BatchAsked {}

/// What the elements of all batch answers have in common.
protocol BatchAnswered: Sendable {
  init()
  var namespace: String { get set }
  var appID: String { get set }
  var programType: String { get set }
  var programID: String { get set }
  var statusCode: Int32 { get set }
  var reason: String { get set }
  var message: String { get set }
}

extension Wire.BatchRunsResult: BatchAnswered {}
extension Wire.BatchStatusResult: BatchAnswered {}
extension Wire.BatchStartResult: BatchAnswered {}
extension Wire.BatchStopResult: BatchAnswered {}

extension BatchAnswered {
  /// Bytes of a name that are given back.
  private static var maximumEcho: Int { 256 }
  /// Bytes of a message: a thousand elements with one each still fit a frame (B1.3).
  private static var maximumMessage: Int { 512 }

  /// The answer 200 to an element, without what was asked for.
  init(_ asked: some BatchAsked) {
    self.init()
    namespace = asked.namespace.clipped(to: Self.maximumEcho)
    appID = asked.appID.clipped(to: Self.maximumEcho)
    programID = asked.programID.clipped(to: Self.maximumEcho)
    let type = ProgramType(rawValue: asked.programType.uppercased())
    programType = type?.rawValue ?? asked.programType.clipped(to: Self.maximumEcho)
    statusCode = 200
  }

  /// The answer to an element that failed (B2.2).
  init(_ asked: some BatchAsked, _ error: BatonError) {
    self.init(asked)
    statusCode = Self.statusCode(error.code)
    reason = error.reason.rawValue
    message = error.message.clipped(to: Self.maximumMessage)
  }

  /// The status of an element for a code (CT9).
  private static func statusCode(_ code: BatonError.Code) -> Int32 {
    switch code {
    case .invalidArgument: 400
    case .unauthenticated: 401
    case .permissionDenied: 403
    case .notFound: 404
    case .alreadyExists, .aborted, .failedPrecondition: 409
    case .resourceExhausted: 429
    case .unavailable: 503
    case .deadlineExceeded: 504
    default: 500
    }
  }
}

extension String {
  /// The characters that fit into so many bytes of UTF-8, from the first on.
  func clipped(to bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var end = utf8.index(startIndex, offsetBy: bytes)
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(unicodeScalars[..<end])
  }
}
