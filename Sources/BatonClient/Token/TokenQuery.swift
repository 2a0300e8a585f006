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
  /// Every node's entry instead of the last one.
  public var picksAll: Bool
  /// Only runs of this version; nil for all.
  public var version: Int?
  /// How many of the newest runs are examined: 1 to 1,000.
  public var lastRuns: Int

  /// A question.
  public init(
    key: String, scope: TokenScope = .user, node: String? = nil, picksAll: Bool = false,
    version: Int? = nil, lastRuns: Int = 50
  ) {
    self.key = key
    self.scope = scope
    self.node = node
    self.picksAll = picksAll
    self.version = version
    self.lastRuns = lastRuns
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
  }

  /// In how many of the runs a node has put the key.
  public struct NodeCount: Sendable, Hashable {
    /// The node.
    public var node: String
    /// The number of runs.
    public var runs: Int
    /// The newest of them.
    public var lastRunID: String
  }

  /// The runs, newest first.
  public var runs: [ExaminedRun]
  /// The nodes, by number of runs descending, then name.
  public var byNode: [NodeCount]
  /// How many runs were examined.
  public var runsExamined: Int
}

extension BatonClient {
  /// Asks what the newest runs of a workflow have under a key.
  ///
  /// - Parameters:
  ///   - query: The question.
  ///   - workflow: The workflow.
  /// - Returns: The runs with their entries, and in how many of them each node has one.
  /// - Throws: NOT_FOUND `app_not_found`, `workflow_not_found`; INVALID_ARGUMENT `limit_invalid`,
  ///   `token_key_invalid`.
  public func queryTokens(
    _ query: TokenQuery, of workflow: WorkflowID
  ) async throws -> TokenQueryAnswer {
    var answer = TokenQueryAnswer(runs: [], byNode: [], runsExamined: 0)
    answer.runs = try await collectPages(limit: nil) { size, token in
      let page = try await tokenStore.queryTokens(
        Wire.QueryTokensRequest(
          namespace: workflow.namespace, application: workflow.application,
          workflow: workflow.workflow, version: UInt32(clamping: query.version ?? 0),
          key: query.key, scope: query.scope.wire, pick: query.picksAll ? .all : .last,
          node: query.node ?? "", lastRuns: Int32(clamping: query.lastRuns), pageSize: size,
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
