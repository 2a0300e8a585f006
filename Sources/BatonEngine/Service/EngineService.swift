package import BatonCore
package import BatonExec
internal import BatonStore
internal import BatonWire

/// `baton.engine.v1.Engine`: every call checks its form here and is carried out by the engine.
///
/// Methods of later versions answer UNIMPLEMENTED through the generated defaults.
package struct EngineService: Wire.EngineService {
  let engine: Engine
  let compiler: ApplicationCompiler
  let logs: any Executor

  /// - Parameters:
  ///   - engine: What executes runs.
  ///   - features: What applications may use.
  ///   - logs: Where the output of attempts is read.
  package init(engine: Engine, features: ApplicationFeatures, logs: any Executor) {
    self.engine = engine
    self.logs = logs
    compiler = ApplicationCompiler(features: features, evaluator: engine.evaluator)
  }

  /// The run that a reference names (T54).
  ///
  /// - Throws: INVALID_ARGUMENT `run_id_invalid`.
  static func locator(_ reference: Wire.RunRef?) throws(BatonError) -> RunLocator {
    guard let reference, !reference.runID.isEmpty else {
      throw BatonError(
        .invalidArgument, "run_id_invalid", "the request names no run",
        hint: "give run.run_id")
    }
    return RunLocator(
      namespace: reference.namespace, application: reference.application,
      workflow: reference.workflow, runID: reference.runID)
  }
}
