internal import BatonCore

/// The environment of a program, later wins: base set of the server < run < program and node
/// (merged in the attempt's inputs) < `BATON_` variables (G54).
enum TaskEnvironment {
  /// - Parameters:
  ///   - start: The attempt to launch.
  ///   - options: The engine's settings: base environment.
  ///   - taskAddress: Where programs reach the token store.
  /// - Returns: All variables but those that name files of the attempt.
  static func variables(
    _ start: ProgramStart, _ options: EngineOptions, _ taskAddress: String
  ) -> [String: String] {
    let header = start.header
    var values = options.baseEnvironment
    values.merge(start.environment.values) { _, new in new }
    values.merge(start.attempt.used?.env ?? [:]) { _, new in new }
    values["BATON_ADDRESS"] = taskAddress
    values["BATON_NAMESPACE"] = header.workflow.namespace
    values["BATON_APPLICATION"] = header.workflow.application
    values["BATON_VERSION"] = String(header.version)
    values["BATON_WORKFLOW"] = header.workflow.workflow
    values["BATON_RUN_ID"] = header.id.description
    values["BATON_NODE"] = start.attempt.id.node
    values["BATON_ATTEMPT"] = String(start.attempt.id.attempt)
    values["BATON_ENV_REVISION"] = String(start.environment.revision)
    values["BATON_TASK_TOKEN"] = start.credential.text
    if let item = start.attempt.id.item {
      values["BATON_ITEM"] = start.item
      values["BATON_ITEM_INDEX"] = String(item.index)
      values["BATON_ITEM_ATTEMPT"] = String(item.attempt)
    }
    if let hook = start.attempt.hook { values["BATON_HOOK"] = hook.word }
    if let status = start.runStatus { values["BATON_RUN_STATUS"] = status.word }
    return values
  }
}
