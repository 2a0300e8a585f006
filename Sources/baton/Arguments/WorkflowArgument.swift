internal import ArgumentParser
internal import BatonClient

/// A workflow as it is named on the command line: `APP/WORKFLOW` or `NS:APP/WORKFLOW`.
struct WorkflowArgument: ExpressibleByArgument {
  private let text: String

  init?(argument: String) {
    guard (try? WorkflowID(argument)) != nil else { return nil }
    text = argument
  }

  /// The workflow; in the session's namespace where the text names none.
  func workflow(in namespace: String) throws -> WorkflowID {
    try WorkflowID(text, namespace: namespace)
  }
}
