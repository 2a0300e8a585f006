internal import BatonCore
internal import BatonStore

/// A child run that has ended, as it settles the attempt that it carried out (RE62, RE111).
struct ChildEnd {
  /// The attempt that made the run.
  let parent: AttemptID
  private let run: RunID
  private let status: RunStatus
  private let workflow: WorkflowID
  private let version: Int

  /// Nil: the run is active again, or is none that an attempt made.
  ///
  /// - Throws: what the store throws.
  init?(_ run: RunID, _ store: any Store) throws {
    guard let record = try store.read({ try $0.run(run) }), !record.state.status.isActive,
      let parent = record.header.parent
    else { return nil }
    self.run = run
    self.parent = parent
    status = record.state.status
    workflow = record.header.workflow
    version = record.header.version
  }

  /// The outcome of the attempt, with what it takes over from the run's token.
  ///
  /// - Parameters:
  ///   - step: What the attempt executes.
  ///   - engine: Whose run it is.
  /// - Returns: The outcome.
  /// - Throws: what the store throws.
  func outcome(_ step: RunPlan.Step?, _ engine: Engine) throws -> AttemptOutcome {
    guard case .workflow(let program)? = step?.kind, !program.export.isEmpty else {
      return AttemptOutcome(of: run, status, exported: [], missing: [])
    }
    var exported: [TokenPutBatch.Entry] = []
    var missing: [String] = []
    let version = version
    let plan = try engine.store.read { reader in
      try engine.catalog.plan(workflow, version: version, reader)
    }
    guard let plan else {
      throw StoreError.unreadable("the application version of run \(run) is missing")
    }
    let tokenGraph = plan.tokenGraph
    func collect(_ view: TokenView) throws {
      exported = []
      missing = []
      for key in program.export {
        if let value = try view.get(key.childKey)?.put.value {
          exported.append(.init(key: key.key, value: value))
        } else {
          missing.append(key.childKey)
        }
      }
    }
    try engine.store.tokenView(of: run, at: .run, graph: { _ in tokenGraph }, collect)
    return AttemptOutcome(of: run, status, exported: exported, missing: missing)
  }
}
