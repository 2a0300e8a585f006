import BatonCore

/// A token built put by put, with a graph given by its edges.
struct TokenFixture {
  var snapshot: TokenSnapshot
  let graph: TokenGraph
  private let initialize: Set<Int>
  private(set) var account = TokenAccount()

  /// - Parameters:
  ///   - order: The nodes in graph order.
  ///   - ancestors: Per node, its ancestors.
  ///   - initialize: The attempts of the workflow's name that executed the initialize hook.
  ///   - keepsHistory: Whether replaced puts are kept however many there are.
  init(
    order: [String], ancestors: [String: Set<String>] = [:], initialize: Set<Int> = [],
    keepsHistory: Bool = true
  ) {
    let header = RunHeader(
      id: RunID(milliseconds: 1_700_000_000_000, sequence: 1, random: 1),
      workflow: WorkflowID(namespace: "default", application: "app", workflow: "Flow"),
      version: 1, created: Timestamp(milliseconds: 0))
    snapshot = TokenSnapshot(
      run: TokenSnapshot.Run(header), status: .running, keepsHistory: keepsHistory)
    let ranks = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    graph = TokenGraph(
      workflow: "Flow", rank: { ranks[$0] },
      isAncestor: { ancestors[$1]?.contains($0) ?? false })
    self.initialize = initialize
  }

  /// Starts an attempt.
  mutating func start(_ node: String, _ attempt: Int = 1) {
    let hook =
      node == "Flow"
      ? initialize.contains(attempt) ? .initialize : .finish
      : nil
        as HookKind?
    snapshot.apply(
      node: node,
      TokenSnapshot.Attempt(
        number: attempt, status: .running, viewSeq: snapshot.account.lastSeq,
        withheld: snapshot.withheld, hook: hook))
  }

  mutating func end(_ node: String, _ attempt: Int = 1, _ status: AttemptStatus = .completed) {
    snapshot.apply(
      node: node, TokenSnapshot.Attempt(number: attempt, status: status, viewSeq: 0))
  }

  /// Puts values, after the account has admitted them.
  mutating func put(
    _ node: String, _ attempt: Int, _ entries: KeyValuePairs<String, String>,
    scope: TokenScope = .user
  ) {
    for (key, value) in entries {
      snapshot.apply(
        TokenPut(
          seq: snapshot.account.lastSeq + 1, scope: scope, key: key, node: node,
          attempt: attempt, value: value, time: Timestamp(milliseconds: 1000)))
    }
  }

  /// Puts values of the first attempt.
  mutating func put(
    _ node: String, _ entries: KeyValuePairs<String, String>, scope: TokenScope = .user
  ) {
    put(node, 1, entries, scope: scope)
  }

  func view(_ viewpoint: TokenViewpoint = .run, asOf: UInt64? = nil) throws -> TokenView {
    try TokenView(snapshot, graph, at: viewpoint, asOf: asOf)
  }

  /// `A:1 B:2` of list(key).
  func list(_ key: String, at viewpoint: TokenViewpoint = .run) throws -> String {
    try view(viewpoint).list(key).map { "\($0.put.node):\($0.put.value)" }.joined(separator: " ")
  }
}
