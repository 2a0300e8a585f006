public import BatonCore
internal import BatonWire

/// A question about one key in the newest runs of a workflow.
public struct TokenQuery: Sendable, Hashable {
  /// The key.
  public var key: String
  /// The scope.
  public var scope: TokenScope
  /// Only the entry of this node.
  public var node: String?
  /// Which entries of a run are given.
  public var pick: Pick
  /// Only runs of this version; nil for all.
  public var version: Int?
  /// Only runs with one of these statuses; also `ACTIVE` and `ENDED`.
  public var statuses: [RunStatus]
  /// Only runs created at or after this moment.
  public var since: Timestamp?
  /// Only runs created before this moment.
  public var until: Timestamp?
  /// How many of the newest runs that pass these filters are examined: 1 to 1,000.
  public var lastRuns: Int

  /// Which entries of a run a query gives.
  public enum Pick: String, Sendable, Hashable, CaseIterable {
    /// The most recent one.
    case last
    /// Every node's, in graph order.
    case all
  }

  /// A question.
  public init(
    key: String, scope: TokenScope = .user, node: String? = nil, pick: Pick = .last,
    version: Int? = nil, lastRuns: Int = 50
  ) {
    self.key = key
    self.scope = scope
    self.node = node
    self.pick = pick
    self.version = version
    self.lastRuns = lastRuns
    statuses = []
  }
}

/// What the newest runs of a workflow have under a key.
public struct TokenQueryAnswer: Sendable, Hashable {
  /// A run that was examined.
  public struct ExaminedRun: Sendable, Hashable {
    /// Its id.
    public var runID: String
    /// The version of the application that it executes.
    public var version: Int
    /// Its status.
    public var status: RunStatus
    /// When it was created.
    public var created: Timestamp
    /// Its entries; none where it does not have the key.
    public var entries: [TokenEntry]

    /// A run.
    public init(
      runID: String, version: Int, status: RunStatus, created: Timestamp, entries: [TokenEntry]
    ) {
      self.runID = runID
      self.version = version
      self.status = status
      self.created = created
      self.entries = entries
    }
  }

  /// In how many of the runs a node has put the key.
  public struct NodeCount: Sendable, Hashable {
    /// The node.
    public var node: String
    /// The number of runs.
    public var runs: Int
    /// The newest of them.
    public var lastRunID: String

    /// A node.
    public init(node: String, runs: Int, lastRunID: String) {
      self.node = node
      self.runs = runs
      self.lastRunID = lastRunID
    }
  }

  /// The runs, newest first.
  public var runs: [ExaminedRun]
  /// The nodes, by number of runs descending, then name.
  public var byNode: [NodeCount]
  /// How many runs were examined.
  public var runsExamined: Int

  /// An answer.
  public init(runs: [ExaminedRun], byNode: [NodeCount], runsExamined: Int) {
    self.runs = runs
    self.byNode = byNode
    self.runsExamined = runsExamined
  }
}

extension BatonClient {
  /// Asks what the newest runs of a workflow have under a key.
  ///
  /// - Parameters:
  ///   - query: The question.
  ///   - workflow: The workflow.
  /// - Returns: The runs with their entries, and in how many of them each node has one.
  /// - Throws: NOT_FOUND `app_not_found`, `workflow_not_found`; INVALID_ARGUMENT `limit_invalid`,
  ///   `token_key_invalid`, `status_invalid`, `time_range_invalid`.
  public func queryTokens(
    _ query: TokenQuery, of workflow: WorkflowID
  ) async throws -> TokenQueryAnswer {
    var answer = TokenQueryAnswer(runs: [], byNode: [], runsExamined: 0)
    answer.runs = try await collectPages(limit: nil) { size, token in
      let page = try await tokenStore.queryTokens(
        Wire.QueryTokensRequest(
          namespace: workflow.namespace, application: workflow.application,
          workflow: workflow.workflow, version: UInt32(clamping: query.version ?? 0),
          key: query.key, scope: query.scope.wire, pick: query.pick == .all ? .all : .last,
          node: query.node ?? "",
          statuses: query.statuses.map(\.rawValue), since: query.since?.milliseconds ?? 0,
          until: query.until?.milliseconds ?? 0, lastRuns: Int32(clamping: query.lastRuns),
          pageSize: size,
          pageToken: token))
      if token.isEmpty {
        answer.runsExamined = Int(page.runsExamined)
        answer.byNode = page.byNode.map {
          .init(node: $0.node, runs: Int($0.runs), lastRunID: $0.lastRunID)
        }
      }
      return (page.runs.map(TokenQueryAnswer.ExaminedRun.init), page.nextPageToken)
    }
    return answer
  }
}

extension TokenQueryAnswer.ExaminedRun {
  init(_ wire: Wire.TokenQueryRun) {
    self.init(
      runID: wire.runID, version: Int(wire.version), status: RunStatus(rawValue: wire.status.name),
      created: Timestamp(milliseconds: wire.created), entries: wire.entries.map(TokenEntry.init))
  }
}
