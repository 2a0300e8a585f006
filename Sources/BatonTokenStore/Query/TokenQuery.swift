internal import BatonCore
internal import BatonStore
internal import BatonWire

/// A checked request for one key over the runs of a workflow (T58).
struct TokenQuery: Sendable {
  let workflow: WorkflowID
  let version: Int?
  let key: String
  let node: String
  let scope: TokenScope
  let picksAll: Bool
  let statuses: Set<RunStatus>
  let since: Timestamp?
  let until: Timestamp?
  let lastRuns: Int
  /// What tells the listing apart from others.
  let listing: [String]

  /// - Throws: INVALID_ARGUMENT `name_missing`, `token_key_invalid`, `token_scope_invalid`,
  ///   `filter_invalid`, `status_invalid`, `time_range_invalid`, `limit_invalid`,
  ///   `page_size_invalid`.
  init(_ request: Wire.QueryTokensRequest) throws(BatonError) {
    guard !request.application.isEmpty, !request.workflow.isEmpty else {
      throw BatonError(
        .invalidArgument, "name_missing", "the query names no application and workflow")
    }
    try TokenText.checkKey(request.key)
    scope = try TokenScope(request.scope)
    guard request.pick.isKnown else {
      throw BatonError(
        .invalidArgument, "filter_invalid", "\(request.pick.name) is no pick",
        hint: "The picks are LAST and ALL.")
    }
    statuses = try Self.statuses(request.statuses)
    if request.since > 0, request.until > 0, request.since > request.until {
      throw BatonError(
        .invalidArgument, "time_range_invalid", "`since` is after `until`")
    }
    guard (0...1000).contains(request.lastRuns) else {
      throw BatonError(
        .invalidArgument, "limit_invalid",
        "a query examines 1 to 1000 runs, not \(request.lastRuns)")
    }
    _ = try PageSize.checked(request.pageSize)
    try PlaceToken.checkForm(request.pageToken)
    workflow = WorkflowID(
      namespace: request.namespace.isEmpty ? "default" : request.namespace,
      application: request.application, workflow: request.workflow)
    version = request.version == 0 ? nil : Int(request.version)
    key = request.key
    node = request.node
    picksAll = request.pick == .all
    since = request.since == 0 ? nil : Timestamp(milliseconds: request.since)
    until = request.until == 0 ? nil : Timestamp(milliseconds: request.until)
    lastRuns = request.lastRuns == 0 ? 50 : Int(request.lastRuns)
    listing =
      [
        "QueryTokens", workflow.namespace, workflow.application, workflow.workflow,
        String(request.version), scope.word, key, node, String(picksAll), String(request.since),
        String(request.until), String(lastRuns),
      ] + statuses.map(\.word).sorted()
  }

  private static func statuses(_ words: [String]) throws(BatonError) -> Set<RunStatus> {
    var statuses: Set<RunStatus> = []
    for word in words {
      switch word.uppercased() {
      case "ACTIVE": statuses.formUnion(RunStatus.allCases.filter(\.isActive))
      case "ENDED": statuses.formUnion(RunStatus.allCases.filter { !$0.isActive })
      default:
        guard let status = RunStatus(word: word) else {
          throw BatonError(
            .invalidArgument, "status_invalid", "\(JSONString.quoted(word)) is no run status")
        }
        statuses.insert(status)
      }
    }
    return statuses
  }

  /// Runs of the workflow that pass the filters, newest first.
  func runs(_ reader: any StoreReader, before: RunCursor?, limit: Int) throws -> [Examined] {
    var query = RunQuery(namespace: workflow.namespace, limit: limit)
    query.application = workflow.application
    query.workflow = workflow.workflow
    query.version = version
    query.statuses = statuses
    query.since = since
    query.until = until
    query.before = before
    return try reader.runs(query).map(Examined.init)
  }

  /// Checks that the node which the query names, if any, is one of the workflow in the version
  /// asked for or the newest, or of a run that is examined.
  ///
  /// - Throws: NOT_FOUND `node_not_found`.
  func checkNode(_ runs: [Examined], _ graphs: GraphCache, _ reader: any StoreReader) throws {
    guard !node.isEmpty else { return }
    let newest = try reader.newestVersion(
      namespace: workflow.namespace, name: workflow.application)
    var unknown: BatonError?
    if let number = version ?? newest,
      let plan = try graphs.catalog.plan(workflow, version: number, reader)
    {
      do {
        return try TokenView.checkNode(node, TokenGraph(plan))
      } catch {
        unknown = error
      }
    }
    for run in runs where try run.hasNode(node, graphs, reader) { return }
    throw unknown
      ?? BatonError(.notFound, "node_not_found", "workflow \(workflow.workflow) has no such node")
  }

  /// The entries that the query asks for of a view.
  func pick(_ view: TokenView) throws -> [TokenEntry] {
    if !node.isEmpty { return try view.get(key, node: node, scope: scope).map { [$0] } ?? [] }
    if picksAll { return try view.list(key, scope: scope) }
    return try view.get(key, scope: scope).map { [$0] } ?? []
  }

  /// Checks that what the query names exists, or existed while there are runs of it.
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`, `version_not_found`,
  ///   `workflow_not_found`.
  func checkWorkflow(_ reader: any StoreReader, _ catalog: ApplicationCatalog) throws {
    let (namespace, name) = (workflow.namespace, workflow.application)
    guard let newest = try reader.newestVersion(namespace: namespace, name: name) else {
      guard try reader.namespaceExists(namespace) else {
        throw BatonError(.notFound, "namespace_not_found", "no namespace \(namespace)")
      }
      throw BatonError(.notFound, "app_not_found", "no application \(name) in \(namespace)")
    }
    let id = ApplicationVersionID(
      namespace: namespace, application: name, version: version ?? newest)
    // The catalog may still know a version of a deleted application of the name.
    let isThere =
      try id.version == newest
      || reader.application(namespace: namespace, name: name, version: id.version) != nil
    guard isThere, let application = try catalog.application(id, reader) else {
      throw BatonError(
        .notFound, "version_not_found", "application \(name) has no version \(id.version)")
    }
    if application.workflows[workflow.workflow] != nil { return }
    var older = RunQuery(namespace: namespace, limit: 1)
    older.application = name
    older.workflow = workflow.workflow
    guard version == nil, try !reader.runs(older).isEmpty else {
      throw BatonError(
        .notFound, "workflow_not_found",
        "application \(name) has no workflow \(workflow.workflow)")
    }
  }
}

/// A run that a query examines, as it was in the query's snapshot.
struct Examined: Sendable {
  let id: RunID
  let version: Int
  let status: RunStatus
  let created: Timestamp
  private let facts: TokenSnapshot.Run

  init(_ record: RunRecord) {
    id = record.header.id
    version = record.header.version
    status = record.state.status
    created = record.header.created
    facts = TokenSnapshot.Run(record.header)
  }

  /// The place of the run in the listing.
  var cursor: RunCursor { RunCursor(created: created, id: id) }

  /// Whether the run's workflow has a node, or bears its name.
  func hasNode(
    _ node: String, _ graphs: GraphCache, _ reader: any StoreReader
  ) throws -> Bool {
    let graph = try graphs.graph(of: facts, reader)
    return (try? TokenView.checkNode(node, graph)) != nil
  }

  /// The entries of the query's key in the run's view, as the reader's snapshot has it.
  ///
  /// - Parameters:
  ///   - query: What is asked for.
  ///   - values: Whether the values of the entries are needed.
  ///   - graphs: The graphs of workflows.
  ///   - reader: The snapshot.
  /// - Returns: The entries with their places.
  /// - Throws: when the tables cannot be read.
  func entries(
    _ query: TokenQuery, values: Bool, _ graphs: GraphCache, _ reader: any StoreReader
  ) throws -> [PlacedEntry] {
    let state = try reader.tokenEntries(
      of: id, scope: query.scope, key: query.key, values: values)
    guard !state.entries.isEmpty else { return [] }
    let graph = try graphs.graph(of: facts, reader)
    var token = TokenSnapshot(run: facts, status: status)
    token.load(entries: state.entries, account: TokenAccount())
    for node in state.withheld { token.setWithheld(node, true) }
    for put in state.entries where put.attempt > 0 {
      let attempt = AttemptID(run: id, node: put.node, attempt: put.attempt)
      guard let status = try reader.attemptStatus(attempt) else { continue }
      // Of hooks it counts which one it was (T12).
      let hook = put.node == graph.workflow ? try reader.attempt(attempt)?.hook : nil
      token.apply(
        node: put.node,
        TokenSnapshot.Attempt(number: put.attempt, status: status, viewSeq: 0, hook: hook))
    }
    return try query.pick(TokenView(token, graph)).map {
      PlacedEntry(entry: $0, place: token.place(of: $0.put, graph))
    }
  }
}
