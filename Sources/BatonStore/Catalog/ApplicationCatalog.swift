package import BatonCore
internal import Synchronization

/// Compiled applications and plans of their workflows, kept while they are in use.
///
/// A version never changes once it is stored, so what is kept stays true (G48). What a unit of
/// work reads is not kept: its batch may still be rolled back, versions of it included.
package final class ApplicationCatalog: Sendable {
  private struct State {
    var applications: BoundedCache<ApplicationVersionID, Application>
    var plans: BoundedCache<PlanID, RunPlan>
  }

  private struct PlanID: Hashable {
    var version: ApplicationVersionID
    var workflow: String
  }

  private let state: Mutex<State>

  /// - Parameter bytes: About how much memory the applications, and the plans, take at most.
  package init(bytes: Int = 64 << 20) {
    state = Mutex(
      State(applications: BoundedCache(capacity: bytes), plans: BoundedCache(capacity: bytes)))
  }

  /// The model of a version; nil: it does not exist.
  package func application(
    _ id: ApplicationVersionID, _ reader: any ApplicationReads
  ) throws -> Application? {
    if let known = state.withLock({ $0.applications.value(of: id) }) { return known }
    guard
      let record = try reader.application(
        namespace: id.namespace, name: id.application, version: id.version)
    else { return nil }
    let application = try ApplicationModel.decode(record.model)
    guard !(reader is any ApplicationWrites) else { return application }
    // A model takes some times the room of its text.
    let cost = 1024 + 4 * record.model.count
    state.withLock { $0.applications.insert(application, for: id, cost: cost) }
    return application
  }

  /// The plan of a workflow; nil: the version or the workflow does not exist.
  package func plan(
    _ workflow: WorkflowID, version: Int, _ reader: any ApplicationReads
  ) throws -> RunPlan? {
    let id = ApplicationVersionID(
      namespace: workflow.namespace, application: workflow.application, version: version)
    let key = PlanID(version: id, workflow: workflow.workflow)
    if let known = state.withLock({ $0.plans.value(of: key) }) { return known }
    guard let application = try application(id, reader),
      let definition = application.workflows[workflow.workflow]
    else { return nil }
    let plan = RunPlan(application: application, workflow: definition, version: version)
    if !(reader is any ApplicationWrites) { keep(plan, of: workflow) }
    return plan
  }

  /// The plan of a workflow if it is in memory; never reads or decodes anything.
  package func knownPlan(_ workflow: WorkflowID, version: Int) -> RunPlan? {
    let id = ApplicationVersionID(
      namespace: workflow.namespace, application: workflow.application, version: version)
    return state.withLock { $0.plans.value(of: PlanID(version: id, workflow: workflow.workflow)) }
  }

  /// Keeps the plan of a workflow whose version is known to be committed.
  package func keep(_ plan: RunPlan, of workflow: WorkflowID) {
    let id = ApplicationVersionID(
      namespace: workflow.namespace, application: workflow.application, version: plan.version)
    let key = PlanID(version: id, workflow: workflow.workflow)
    state.withLock { state in
      guard state.plans.value(of: key) == nil else { return }
      state.plans.insert(plan, for: key, cost: Self.cost(of: plan))
    }
  }

  /// About the bytes of a plan: its nodes, and for each a bit for every other (its ancestors).
  private static func cost(of plan: RunPlan) -> Int {
    let nodes = plan.workflow.nodes.count
    return 2048 + nodes * (512 + nodes / 8)
  }
}
