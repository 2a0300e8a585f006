internal import BatonCore
internal import BatonStore
internal import Synchronization

/// Graphs of the workflows whose tokens are read, found by run.
final class GraphCache: Sendable {
  private struct WorkflowVersion: Hashable {
    var workflow: WorkflowID
    var version: Int
  }

  private struct State {
    var ofRuns: BoundedCache<RunID, TokenGraph>
    var ofWorkflows: BoundedCache<WorkflowVersion, TokenGraph>
  }

  private let state: Mutex<State>
  let catalog: ApplicationCatalog

  /// - Parameters:
  ///   - catalog: Where the plans of workflows come from.
  ///   - capacity: The most runs, and workflows, to keep.
  init(_ catalog: ApplicationCatalog, capacity: Int) {
    self.catalog = catalog
    state = Mutex(
      State(
        ofRuns: BoundedCache(capacity: capacity), ofWorkflows: BoundedCache(capacity: capacity)))
  }

  /// The graph of a run, from memory; nil: it must be loaded.
  func graph(of run: TokenSnapshot.Run) -> TokenGraph? {
    state.withLock { state in
      if let known = state.ofRuns.value(of: run.id) { return known }
      let workflow = WorkflowVersion(workflow: run.workflow, version: run.version)
      guard let graph = state.ofWorkflows.value(of: workflow) else { return nil }
      state.ofRuns.insert(graph, for: run.id)
      return graph
    }
  }

  /// The graph of a run, from memory or from the application version that the run is pinned to.
  ///
  /// - Throws: NOT_FOUND `run_not_found` when the application has been deleted, and the run with
  ///   it, since the run was read; what the store throws.
  func graph(of run: TokenSnapshot.Run, _ reader: any StoreReader) throws -> TokenGraph {
    if let known = graph(of: run) { return known }
    guard let plan = try catalog.plan(run.workflow, version: run.version, reader) else {
      throw BatonError(
        .notFound, "run_not_found", "no run \(run.id): its application has been deleted")
    }
    let graph = TokenGraph(plan)
    state.withLock { state in
      state.ofWorkflows.insert(
        graph, for: WorkflowVersion(workflow: run.workflow, version: run.version))
      state.ofRuns.insert(graph, for: run.id)
    }
    return graph
  }
}
