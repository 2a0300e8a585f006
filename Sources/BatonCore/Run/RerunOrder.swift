/// A node that a call names.
package struct NamedNode: Hashable, Sendable {
  package var node: String
  /// The call is refused unless this is the node's newest attempt; 0: any (RE48).
  package var expectedAttempt: Int

  package init(_ node: String, expectedAttempt: Int = 0) {
    self.node = node
    self.expectedAttempt = expectedAttempt
  }
}

/// A call of RerunTask (RE30–RE45).
package struct RerunOrder: Hashable, Sendable {
  /// The nodes to run again; none with ``allFailed``.
  package var nodes: [NamedNode]
  /// Unhandled failures, KILLED nodes and those that the end of the run kept from starting.
  package var allFailed: Bool
  package var change: EnvChange
  /// Whether finished items and child runs are kept (`no_reset`: RE65, RE108).
  package var keepsFinished: Bool
  /// Whether a suspended run goes on, and `pause_before` is waived (RE45).
  package var resumes: Bool
  package var allowsCompleted: Bool
  /// Who calls, and whether descendants are run again too (RE54).
  package var call: RerunCall

  package init(
    nodes: [NamedNode] = [], allFailed: Bool = false, change: EnvChange = EnvChange(),
    keepsFinished: Bool = false, resumes: Bool = false, allowsCompleted: Bool = false,
    call: RerunCall
  ) {
    self.nodes = nodes
    self.allFailed = allFailed
    self.change = change
    self.keepsFinished = keepsFinished
    self.resumes = resumes
    self.allowsCompleted = allowsCompleted
    self.call = call
  }

  /// How many nodes a call may name.
  package static let maximumNodes = 1000

  /// Checks the form of the call (check 2 of RE30).
  ///
  /// - Throws: INVALID_ARGUMENT with the reason.
  package func checkForm() throws(BatonError) {
    try Self.checkForm(of: nodes.map(\.node), allFailed: allFailed)
    try call.checkForm()
    try change.checkForm()
  }

  /// Checks a list of nodes that a call names.
  ///
  /// - Throws: INVALID_ARGUMENT `no_nodes`, `nodes_and_all_failed`, `too_many_nodes`,
  ///   `node_repeated`.
  package static func checkForm(
    of nodes: [String], allFailed: Bool = false
  ) throws(BatonError) {
    if nodes.isEmpty, !allFailed {
      throw BatonError(
        .invalidArgument, "no_nodes", "the call names no node",
        hint: "name nodes, or ask for all failed ones")
    }
    if !nodes.isEmpty, allFailed {
      throw BatonError(
        .invalidArgument, "nodes_and_all_failed",
        "the call names nodes and asks for all failed ones", hint: "give one of them")
    }
    guard nodes.count <= maximumNodes else {
      throw BatonError(
        .invalidArgument, "too_many_nodes",
        "the call names \(nodes.count) nodes, the limit is \(maximumNodes)",
        hint: "split the call, or use all_failed")
    }
    var seen: Set<String> = []
    let repeated = nodes.filter { !seen.insert($0).inserted }
    guard repeated.isEmpty else {
      throw BatonError(
        .invalidArgument, "node_repeated", "named more than once: \(nameList(repeated))",
        hint: "name every node once")
    }
  }
}

/// A call of SkipNode (RE80–RE83).
package struct SkipOrder: Hashable, Sendable {
  package var node: NamedNode
  /// What the node puts: that of `on_skip`, then what the call gives; later wins (RE81).
  package var outputs: [TokenPutBatch.Entry]
  /// The outcome of a condition; nil: none is given.
  package var outcome: Bool?
  package var change: EnvChange
  package var resumes: Bool
  package var call: RerunCall

  package init(
    node: NamedNode, outputs: [TokenPutBatch.Entry] = [], outcome: Bool? = nil,
    change: EnvChange = EnvChange(), resumes: Bool = false, call: RerunCall
  ) {
    self.node = node
    self.outputs = outputs
    self.outcome = outcome
    self.change = change
    self.resumes = resumes
    self.call = call
  }

  /// Checks the form of the call.
  ///
  /// - Throws: INVALID_ARGUMENT with the reason.
  package func checkForm() throws(BatonError) {
    try RerunOrder.checkForm(of: [node.node].filter { !$0.isEmpty })
    if !outputs.isEmpty { try TokenForm.check(outputs) }
    try call.checkForm()
    try change.checkForm()
  }
}

extension RerunCall {
  /// Bytes of a note.
  package static let maximumNoteBytes = 1024

  /// - Throws: INVALID_ARGUMENT `note_too_long`.
  package func checkForm() throws(BatonError) {
    guard note.utf8.count <= Self.maximumNoteBytes else {
      throw BatonError(
        .invalidArgument, "note_too_long",
        "the note has \(note.utf8.count) bytes, the limit is \(Self.maximumNoteBytes)")
    }
  }
}

/// The first ten names of a list, and how many more there are.
func nameList(_ names: [String]) -> String {
  let shown = names.prefix(10).joined(separator: ", ")
  return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
}
