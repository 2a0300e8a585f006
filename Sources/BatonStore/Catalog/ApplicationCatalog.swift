package import BatonCore
internal import Synchronization

/// Compiled applications and plans of their workflows, kept while they are in use.
///
/// A version never changes once it is stored, so what is kept stays true (G48). What a unit of
/// work reads is not kept: its batch may still be rolled back, versions of it included.
package final class ApplicationCatalog: Sendable {
  private struct State {
    var applications: [ApplicationVersionID: Application] = [:]
    var plans: [PlanID: RunPlan] = [:]
  }

  private struct PlanID: Hashable {
    var version: ApplicationVersionID
    var workflow: String
  }

  private let state = Mutex(State())
  private let capacity: Int

  /// - Parameter capacity: The most applications, and plans, to keep.
  package init(capacity: Int = 1024) {
    self.capacity = capacity
  }

  /// The model of a version; nil: it does not exist.
  package func application(
    _ id: ApplicationVersionID, _ reader: any ApplicationReads
  ) throws -> Application? {
    if let known = state.withLock({ $0.applications[id] }) { return known }
    guard
      let record = try reader.application(
        namespace: id.namespace, name: id.application, version: id.version)
    else { return nil }
    let application = try ApplicationModel.decode(record.model)
    guard !(reader is any ApplicationWrites) else { return application }
    state.withLock { state in
      if state.applications.count >= capacity { state.applications.removeAll() }
      state.applications[id] = application
    }
    return application
  }

  /// The plan of a workflow; nil: the version or the workflow does not exist.
  package func plan(
    _ workflow: WorkflowID, version: Int, _ reader: any ApplicationReads
  ) throws -> RunPlan? {
    let id = ApplicationVersionID(
      namespace: workflow.namespace, application: workflow.application, version: version)
    let key = PlanID(version: id, workflow: workflow.workflow)
    if let known = state.withLock({ $0.plans[key] }) { return known }
    guard let application = try application(id, reader),
      let definition = application.workflows[workflow.workflow]
    else { return nil }
    let plan = RunPlan(application: application, workflow: definition, version: version)
    if !(reader is any ApplicationWrites) { keep(plan, of: workflow) }
    return plan
  }

  /// Keeps the plan of a workflow whose version is known to be committed.
  package func keep(_ plan: RunPlan, of workflow: WorkflowID) {
    let id = ApplicationVersionID(
      namespace: workflow.namespace, application: workflow.application, version: plan.version)
    let key = PlanID(version: id, workflow: workflow.workflow)
    state.withLock { state in
      guard state.plans[key] == nil else { return }
      if state.plans.count >= capacity { state.plans.removeAll() }
      state.plans[key] = plan
    }
  }
}
