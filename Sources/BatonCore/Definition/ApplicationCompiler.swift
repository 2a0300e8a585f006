/// Makes the model of an application out of its file, or says everything that is wrong with it.
package struct ApplicationCompiler: Sendable {
  private let features: ApplicationFeatures
  private let evaluator: any ConditionEvaluator

  /// - Parameters:
  ///   - features: What the server can execute now; the rest is `kind_unavailable`.
  ///   - evaluator: What compiles the expressions of conditions (G27).
  package init(features: ApplicationFeatures, evaluator: any ConditionEvaluator) {
    self.features = features
    self.evaluator = evaluator
  }

  /// Checks a document by all rules of G1–G13 and compiles it.
  ///
  /// - Returns: The model with its warnings, or all problems of the file together.
  package func compile(_ document: Document) -> Result<CompiledApplication, ProblemList> {
    let log = ProblemLog(document.problems)
    let root = DocumentCleaner(log: log).cleaned(document.root)
    let cursor = DocumentCursor(
      item: root, path: .root, keyPosition: root.position, log: log)
    let parser = ApplicationParser(features: features, evaluator: evaluator)
    let application = parser.application(cursor)
    guard log.problems.isEmpty, let application else { return .failure(log.problems) }
    return .success(CompiledApplication(application: application, warnings: []))
  }
}

/// The model of a file that may be deployed.
package struct CompiledApplication: Sendable {
  package var application: Application
  /// What is legal but deserves a look; none of the present features has a warning.
  package var warnings: [DefinitionProblem]

  package init(application: Application, warnings: [DefinitionProblem] = []) {
    self.application = application
    self.warnings = warnings
  }
}
