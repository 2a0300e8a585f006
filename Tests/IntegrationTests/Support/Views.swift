/// A run as `baton run --json` prints it.
struct RunView: Decodable {
  struct Node: Decodable {
    struct Attempt: Decodable {
      var attempt: Int
      var status: String
      var reason: String?
      var exitCode: Int?
    }

    var node: String
    var status: String
    var reason: String?
    var outcome: Bool?
    var attemptsTotal: Int
    var attempts: [Attempt]?
  }

  var runId: String
  var status: String
  var reason: String?
  var application: String
  var workflow: String
  var nodes: [Node]

  /// `NODE STATUS` for each node, in graph order.
  var statuses: [String] { nodes.map { "\($0.node) \($0.status)" } }
}

/// A token as `baton token list --json --detail` prints it.
struct TokenView: Decodable {
  struct Entry: Decodable {
    var nodeName: String
    var value: String
    var attempt: Int
    var attemptStatus: String
    var seq: Int
  }

  var tokenValueMap: [String: [Entry]]

  var sequence: [Int] { tokenValueMap.values.flatMap { $0.map(\.seq) } }
}

/// One entry as `baton token get --json` and `baton token history --json` print it.
struct EntryView: Decodable {
  var key: String
  var scope: String
  var nodeName: String
  var attempt: Int
  var attemptStatus: String
  var value: String
  var seq: Int
}

/// An element of `baton batch-runs --json`.
struct BatchView: Decodable {
  struct Run: Decodable {
    var runid: String
    var status: String
  }

  var appId: String
  var programId: String
  var statusCode: Int
  var reason: String?
  var runs: [Run]?
}

/// An error as `--json` prints it (C11).
struct ErrorView: Decodable {
  struct Content: Decodable {
    var code: String
    var reason: String
    var message: String
  }

  var error: Content
}

/// The list of `baton runs --json`.
struct RunsView: Decodable {
  struct Run: Decodable {
    var runId: String
    var status: String
  }

  var runs: [Run]
}

/// An event as `baton watch --json` prints it.
struct EventView: Decodable {
  var event: Int
  var kind: String
  var node: String?
  var attempt: Int?
  var to: String?
}
