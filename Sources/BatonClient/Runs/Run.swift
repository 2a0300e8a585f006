public import BatonCore
internal import BatonWire

/// A run to ask about: everything is read anew from the server.
public struct Run: Sendable {
  let client: BatonClient
  /// The run's name.
  public let reference: RunReference
  /// What the server answered when the run was triggered; nil for a run that was looked up.
  public let receipt: TriggerReceipt?

  init(client: BatonClient, reference: RunReference, receipt: TriggerReceipt? = nil) {
    self.client = client
    self.reference = reference
    self.receipt = receipt
  }

  /// Baton's id of the run, or the id that its trigger brought, as the reference has it.
  public var id: String { reference.id }

  /// Reads everything about the run but nodes and token.
  ///
  /// - Throws: INVALID_ARGUMENT `run_id_invalid`; NOT_FOUND `run_not_found`.
  public func details() async throws -> RunDetails {
    try RunDetails(await client.engine.getRun(Wire.GetRunRequest(run: reference.wire)))
  }

  /// Reads the record of the run.
  ///
  /// - Throws: INVALID_ARGUMENT `run_id_invalid`; NOT_FOUND `run_not_found`.
  public func record() async throws -> RunRecord {
    let response = try await client.engine.getRun(Wire.GetRunRequest(run: reference.wire))
    return RunRecord(try response.record)
  }

  /// Lists the nodes of the run in graph order.
  ///
  /// - Parameters:
  ///   - statuses: Only nodes with one of these statuses; empty for all.
  ///   - withAttempts: Also the newest 100 attempts of each node.
  /// - Returns: The nodes.
  /// - Throws: NOT_FOUND `run_not_found`; INVALID_ARGUMENT `status_invalid`.
  public func nodes(
    statuses: [NodeStatus] = [], withAttempts: Bool = false
  ) async throws -> [NodeState] {
    try await collectPages(limit: nil) { size, token in
      let request = Wire.ListNodesRequest(
        run: reference.wire, statuses: statuses.map(\.rawValue), withAttempts: withAttempts,
        pageSize: size, pageToken: token)
      let page = try await client.engine.listNodes(request)
      return (page.nodes.map(NodeState.init), page.nextPageToken)
    }
  }

  /// The token of the run.
  ///
  /// - Parameters:
  ///   - viewpoint: The node, and its attempt, whose view is read; nil for the run as a whole.
  ///   - scope: Keys of programs, or those of the platform.
  /// - Returns: The view; nothing is sent before it is read.
  public func token(at viewpoint: Viewpoint? = nil, scope: TokenScope = .user) -> TokenView {
    TokenView(client: client, run: reference, viewpoint: viewpoint, scope: scope)
  }
}
