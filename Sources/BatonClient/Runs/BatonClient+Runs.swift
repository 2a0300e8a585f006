public import BatonCore
internal import BatonWire

/// Which runs a listing gives; all that is given must hold.
public struct RunFilter: Sendable, Hashable {
  /// The namespace; nil for the client's.
  public var namespace: String?
  /// Only runs of this application.
  public var application: String?
  /// Only runs of this workflow of the application.
  public var workflow: String?
  /// Only runs of this version.
  public var version: Int?
  /// Only runs with one of these statuses; also `ACTIVE` and `ENDED`.
  public var statuses: [RunStatus]
  /// Only runs created at or after this moment.
  public var since: Timestamp?
  /// Only runs created before this moment.
  public var until: Timestamp?
  /// Only runs made so: `manual`, `schedule` or `parent`.
  public var trigger: RunTrigger?
  /// Only child and program runs of this run.
  public var parentRunID: String?
  /// Only runs that this run launched through schedules.
  public var triggeringRunID: String?
  /// Only runs with this id brought by the trigger.
  public var externalID: String?
  /// Only ids that begin with this, at least 8 characters.
  public var idPrefix: String?

  /// A filter that lets every run of a namespace through.
  public init(namespace: String? = nil) {
    self.namespace = namespace
    statuses = []
  }

  /// A filter for the runs of a workflow.
  public init(workflow: WorkflowID) {
    self.init(namespace: workflow.namespace)
    application = workflow.application
    self.workflow = workflow.workflow
  }
}

extension BatonClient {
  /// A run to ask about, by Baton's id; nothing is sent.
  public func run(_ id: String) -> Run {
    run(RunReference(id: id, namespace: namespace))
  }

  /// A run to ask about; nothing is sent.
  public func run(_ reference: RunReference) -> Run {
    Run(client: self, reference: reference)
  }

  /// Lists runs, newest first by creation.
  ///
  /// - Parameters:
  ///   - filter: Which runs.
  ///   - limit: At most this many; nil for all.
  /// - Returns: The runs.
  /// - Throws: INVALID_ARGUMENT `status_invalid`, `filter_invalid`, `time_range_invalid`;
  ///   NOT_FOUND `app_not_found`, `workflow_not_found`.
  public func runs(_ filter: RunFilter = RunFilter(), limit: Int? = 100) async throws
    -> [RunRecord]
  {
    var request = Wire.ListRunsRequest()
    request.namespace = filter.namespace ?? namespace
    request.application = filter.application ?? ""
    request.workflow = filter.workflow ?? ""
    request.version = UInt32(clamping: filter.version ?? 0)
    request.statuses = filter.statuses.map(\.rawValue)
    request.since = filter.since?.milliseconds ?? 0
    request.until = filter.until?.milliseconds ?? 0
    request.trigger = filter.trigger?.wire ?? .unspecified
    request.parentRunID = filter.parentRunID ?? ""
    request.triggeringRunID = filter.triggeringRunID ?? ""
    request.externalRunID = filter.externalID ?? ""
    request.runIDPrefix = filter.idPrefix ?? ""
    return try await collectPages(limit: limit) { size, token in
      request.pageSize = size
      request.pageToken = token
      let page = try await engine.listRuns(request)
      return (page.runs.map(RunRecord.init), page.nextPageToken)
    }
  }
}

/// What makes a run.
public enum RunTrigger: String, Sendable, Hashable, CaseIterable {
  /// A call of TriggerPipeline.
  case manual
  /// A schedule.
  case schedule
  /// A node of another run.
  case parent

  var wire: Wire.RunTrigger {
    switch self {
    case .manual: .manual
    case .schedule: .schedule
    case .parent: .parent
    }
  }
}
