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
    var ofRuns: [RunID: TokenGraph] = [:]
    var ofWorkflows: [WorkflowVersion: TokenGraph] = [:]
  }

  private let state = Mutex(State())
  let catalog: ApplicationCatalog
  private let capacity: Int

  /// - Parameters:
  ///   - catalog: Where the plans of workflows come from.
  ///   - capacity: The most runs, and workflows, to keep.
  init(_ catalog: ApplicationCatalog, capacity: Int) {
    self.catalog = catalog
    self.capacity = capacity
  }

  /// The graph of a run, from memory; nil: it must be loaded.
  func graph(of run: TokenSnapshot.Run) -> TokenGraph? {
    state.withLock { state in
      if let known = state.ofRuns[run.id] { return known }
      let workflow = WorkflowVersion(workflow: run.workflow, version: run.version)
      guard let graph = state.ofWorkflows[workflow] else { return nil }
      keep(graph, for: run.id, &state)
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
      if state.ofWorkflows.count >= capacity { state.ofWorkflows.removeAll() }
      state.ofWorkflows[WorkflowVersion(workflow: run.workflow, version: run.version)] = graph
      keep(graph, for: run.id, &state)
    }
    return graph
  }

  private func keep(_ graph: TokenGraph, for run: RunID, _ state: inout State) {
    if state.ofRuns.count >= capacity { state.ofRuns.removeAll(keepingCapacity: true) }
    state.ofRuns[run] = graph
  }
}
