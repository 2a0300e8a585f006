/// A workflow: a graph of nodes (G6).
package struct Workflow: Codable, Hashable, Sendable {
  package var name: String
  package var arguments: [String: ArgumentDeclaration]
  /// The workflow's run environment; literal text.
  package var env: [String: String]
  package var onFailure: FailurePolicy
  /// The most active runs that have begun at a time; nil: no bound (G36).
  package var maxActiveRuns: Int?
  package var whenFull: WhenFull
  /// The most attempts of one run that are RUNNING at once; nil: no bound (RE99).
  package var concurrency: Int?
  package var initialize: Hook?
  package var finish: Hook?
  /// Policies of nodes where neither the node nor its program sets them (G7).
  package var nodeDefaults: NodePolicy
  /// The nodes in the order in which the file declares them; edges name them by position here.
  package var nodes: [Node]

  package init(
    name: String, arguments: [String: ArgumentDeclaration] = [:], env: [String: String] = [:],
    onFailure: FailurePolicy = .stopSiblings, maxActiveRuns: Int? = nil,
    whenFull: WhenFull = .queue, concurrency: Int? = nil, initialize: Hook? = nil,
    finish: Hook? = nil, nodeDefaults: NodePolicy = NodePolicy(), nodes: [Node] = []
  ) {
    self.name = name
    self.arguments = arguments
    self.env = env
    self.onFailure = onFailure
    self.maxActiveRuns = maxActiveRuns
    self.whenFull = whenFull
    self.concurrency = concurrency
    self.initialize = initialize
    self.finish = finish
    self.nodeDefaults = nodeDefaults
    self.nodes = nodes
  }

  /// The policies that count for a node: its own, else its program's, else the defaults (G7).
  package func policy(of node: Node, program: Program?) -> NodePolicy {
    node.policy.over(program?.policy ?? NodePolicy()).over(nodeDefaults)
  }
}

/// A declared argument of a workflow: required, or with a default.
package enum ArgumentDeclaration: Codable, Hashable, Sendable {
  case required
  case optional(default: String)
}

/// What happens to the other nodes when one fails unhandled (G42).
package enum FailurePolicy: String, Codable, Hashable, Sendable, CaseIterable {
  case stopSiblings = "stop-siblings"
  case finishSiblings = "finish-siblings"
}

/// What happens to a trigger when `max_active_runs` is reached (G36).
package enum WhenFull: String, Codable, Hashable, Sendable, CaseIterable {
  case queue
  case reject
}

/// A command that runs before the first node or after the last one (G49–G51).
package struct Hook: Codable, Hashable, Sendable {
  package var argv: [Template]
  package var env: [String: Template]
  package var cwd: String?
  /// The longest duration in milliseconds; 300,000 unless set.
  package var timeoutMS: Int64

  package init(
    argv: [Template], env: [String: Template] = [:], cwd: String? = nil, timeoutMS: Int64 = 300_000
  ) {
    self.argv = argv
    self.env = env
    self.cwd = cwd
    self.timeoutMS = timeoutMS
  }
}

/// A node of a workflow.
package struct Node: Codable, Hashable, Sendable {
  package var name: String
  package var action: Action
  package var edges: [Edge]
  package var join: Join
  /// Overlays the properties of the program, key by key (G7).
  package var properties: [String: Template]
  /// Overlays the environment of the program, key by key (G7).
  package var env: [String: Template]
  package var policy: NodePolicy
  /// The delay before the first attempt of a chain in milliseconds, `node_defaults` included
  /// (RE94); it stands apart from the other policies in models that are stored.
  package var waitBeforeMS: Templated<Int64>
  /// Whether the program gets `BATON_TOKEN_FILE` and `BATON_TOKEN_JSON`.
  package var tokenFiles: Bool

  package init(
    name: String, action: Action, edges: [Edge] = [], join: Join = .all,
    properties: [String: Template] = [:], env: [String: Template] = [:],
    policy: NodePolicy = NodePolicy(), waitBeforeMS: Templated<Int64> = 0,
    tokenFiles: Bool = true
  ) {
    self.name = name
    self.action = action
    self.edges = edges
    self.join = join
    self.properties = properties
    self.env = env
    self.policy = policy
    self.waitBeforeMS = waitBeforeMS
    self.tokenFiles = tokenFiles
  }

  /// What a node does: run a program of its application, or decide a condition.
  package enum Action: Codable, Hashable, Sendable {
    case program(String)
    case condition(Condition)
  }
}

/// A condition: an SQL expression, or a command whose exit status decides (G20–G28).
package struct Condition: Codable, Hashable, Sendable {
  package var form: Form
  /// USER keys put when the condition is decided, in the order of the file.
  package var put: [TokenTemplate]
  package var cwd: String?

  package init(form: Form, put: [TokenTemplate] = [], cwd: String? = nil) {
    self.form = form
    self.put = put
    self.cwd = cwd
  }

  package enum Form: Codable, Hashable, Sendable {
    case expression(String)
    case command([Template])
  }
}

/// A dependency of a node on an earlier one (G14).
package struct Edge: Codable, Hashable, Sendable {
  /// The position of the upstream node in `Workflow.nodes`.
  package var upstream: Int
  package var kind: Kind

  package init(upstream: Int, kind: Kind) {
    self.upstream = upstream
    self.kind = kind
  }

  package enum Kind: String, Codable, Hashable, Sendable {
    case success
    case failure
    case complete
    case whenTrue = "true"
    case whenFalse = "false"
  }
}

/// How many edges must be satisfied before a node starts (G17).
package enum Join: Codable, Hashable, Sendable {
  case all
  case any
  case count(Int)
}
