internal import BatonCore
internal import BatonWire

extension BatonClient {
  /// The largest application file in bytes (G1).
  public static let maximumFileBytes = 2 * 1024 * 1024

  /// Deploys an application file: checks it and stores it as the next version, unless it means the
  /// same as the newest.
  ///
  /// - Parameters:
  ///   - content: The file, YAML or JSON, at most 2 MiB.
  ///   - dryRun: Checks everything, stores nothing, and answers with `problems` instead of failing.
  ///   - schedules: What to do with schedules.
  ///   - listeners: What to do with schedules of others that listen to programs that go away.
  ///   - namespace: The namespace; nil for the client's.
  ///   - requestID: Makes the call safe to repeat; nil for a fresh one.
  /// - Returns: What was stored.
  /// - Throws: INVALID_ARGUMENT `app_invalid` with all problems; ALREADY_EXISTS `schedule_exists`;
  ///   FAILED_PRECONDITION `schedule_cycle`, `program_has_listeners`.
  @discardableResult
  public func deploy(
    _ content: [UInt8], dryRun: Bool = false, schedules: ScheduleHandling = .sync,
    listeners: ListenerHandling = .rewrite, namespace: String? = nil, requestID: String? = nil
  ) async throws -> Deployment {
    guard content.count <= Self.maximumFileBytes else {
      throw BatonError(
        .invalidArgument, "app_invalid", "1 problem",
        hint: "[1] 1:1 : limit: the file has \(content.count) bytes; the limit is "
          + "\(Self.maximumFileBytes)")
    }
    var request = Wire.DeployApplicationRequest()
    request.namespace = namespace ?? self.namespace
    request.content = content
    request.dryRun = dryRun
    request.schedules = schedules == .sync ? .sync : .keep
    request.listeners = listeners.wire
    request.requestID = dryRun ? "" : requestID ?? RequestID.make()
    return Deployment(try await engine.deployApplication(request, options: .withRequestID))
  }

  /// Deploys an application file given as text, with everything else at its default.
  @discardableResult
  public func deploy(_ content: String, dryRun: Bool = false) async throws -> Deployment {
    try await deploy(Array(content.utf8), dryRun: dryRun)
  }

  /// Lists the applications of a namespace by name.
  ///
  /// - Parameters:
  ///   - prefix: Only names that begin with this.
  ///   - namespace: The namespace; nil for the client's.
  /// - Returns: All of them, by name.
  /// - Throws: NOT_FOUND `namespace_not_found`.
  public func applications(
    prefix: String = "", namespace: String? = nil
  ) async throws -> [ApplicationSummary] {
    try await collectPages(limit: nil) { size, token in
      var request = Wire.ListApplicationsRequest()
      request.namespace = namespace ?? self.namespace
      request.namePrefix = prefix
      request.pageSize = size
      request.pageToken = token
      let page = try await engine.listApplications(request)
      return (page.applications.map(ApplicationSummary.init), page.nextPageToken)
    }
  }

  /// Reads a version of an application as it was deployed.
  ///
  /// - Parameters:
  ///   - name: The application.
  ///   - version: The version; nil for the newest.
  ///   - namespace: The namespace; nil for the client's.
  /// - Returns: The file and its version.
  /// - Throws: NOT_FOUND `app_not_found`, `version_not_found`.
  public func application(
    _ name: String, version: Int? = nil, namespace: String? = nil
  ) async throws -> ApplicationContent {
    var request = Wire.GetApplicationRequest()
    request.namespace = namespace ?? self.namespace
    request.application = name
    request.version = UInt32(clamping: version ?? 0)
    return ApplicationContent(try await engine.getApplication(request))
  }

  /// Removes an application with all its versions, schedules, ended runs, their tokens and logs.
  ///
  /// Ids that triggers brought stay taken (SR41).
  ///
  /// - Parameters:
  ///   - name: The application.
  ///   - listeners: What to do with schedules of others that listen to its programs.
  ///   - namespace: The namespace; nil for the client's.
  ///   - requestID: Makes the call safe to repeat; nil for a fresh one.
  /// - Returns: Every schedule that was deleted or rewritten.
  /// - Throws: NOT_FOUND `app_not_found`; FAILED_PRECONDITION `run_active`,
  ///   `program_has_listeners`.
  @discardableResult
  public func deleteApplication(
    _ name: String, listeners: ListenerHandling = .rewrite, namespace: String? = nil,
    requestID: String? = nil
  ) async throws -> [ScheduleChange] {
    let request = Wire.DeleteApplicationRequest(
      namespace: namespace ?? self.namespace, application: name, listeners: listeners.wire,
      requestID: requestID ?? RequestID.make())
    let response = try await engine.deleteApplication(request, options: .withRequestID)
    return response.schedules.map(ScheduleChange.init)
  }
}
