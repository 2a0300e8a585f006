public import BatonCore
internal import BatonWire

/// Names one run: by Baton's id, or by workflow and the id that the trigger brought.
public struct RunReference: Sendable, Hashable {
  /// The namespace.
  public var namespace: String
  /// The workflow; needed where `id` was brought by the trigger, else it must match the run.
  public var workflow: WorkflowID?
  /// Baton's run id, of a program run `RUN:NODE:ATTEMPT`, or the id that the trigger brought.
  public var id: String

  /// The run with Baton's own id.
  public init(id: String, namespace: String = "default") {
    self.namespace = namespace
    self.id = id
  }

  /// The run of a workflow that has an id, its own or brought by the trigger.
  public init(id: String, of workflow: WorkflowID) {
    namespace = workflow.namespace
    self.workflow = workflow
    self.id = id
  }

  var wire: Wire.RunRef {
    Wire.RunRef(
      namespace: namespace, application: workflow?.application ?? "",
      workflow: workflow?.workflow ?? "", runID: id)
  }
}
