/// What a program of type WORKFLOW starts: a run of a workflow, the child (RE110).
package struct ChildProgram: Codable, Hashable, Sendable {
  /// The application of the workflow; nil: the program's own, in the version of the parent's run.
  package var application: String?
  package var workflow: String
  /// The arguments of the child run.
  package var arguments: [String: Template]
  /// What the node puts at its outcome, in the order of the file (RE111).
  package var export: [ExportedKey]

  package init(
    application: String? = nil, workflow: String, arguments: [String: Template] = [:],
    export: [ExportedKey] = []
  ) {
    self.application = application
    self.workflow = workflow
    self.arguments = arguments
    self.export = export
  }
}

/// A token key that a node takes over from its child run (RE111).
package struct ExportedKey: Codable, Hashable, Sendable {
  /// The key that the node puts.
  package var key: String
  /// The key of the child's run view.
  package var childKey: String

  package init(key: String, childKey: String) {
    self.key = key
    self.childKey = childKey
  }
}
