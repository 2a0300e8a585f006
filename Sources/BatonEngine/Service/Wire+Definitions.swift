internal import BatonCore
internal import BatonWire

extension Wire.Problem {
  init(_ problem: DefinitionProblem) {
    self.init(
      path: problem.path, reason: problem.code.rawValue, text: problem.text,
      line: UInt32(clamping: problem.line), column: UInt32(clamping: problem.column))
  }
}

extension Wire.WorkflowModel {
  /// The compiled model of a workflow, edges by node position (CT6).
  init(_ plan: RunPlan) {
    self.init()
    let workflow = plan.workflow
    name = workflow.name
    arguments = workflow.arguments.keys.sorted().map { name in
      switch workflow.arguments[name] {
      case .optional(let text)?:
        Wire.ArgumentModel(name: name, required: false, defaultValue: text)
      case .required?, nil: Wire.ArgumentModel(name: name, required: true)
      }
    }
    onFailure = workflow.onFailure == .stopSiblings ? .stopSiblings : .finishSiblings
    maxActiveRuns = UInt32(clamping: workflow.maxActiveRuns ?? 0)
    whenFull = workflow.whenFull == .queue ? .queue : .reject
    initialize = workflow.initialize != nil
    finish = workflow.finish != nil
    nodes = workflow.nodes.indices.map { Wire.NodeModel(workflow.nodes[$0], plan.steps[$0]) }
    graphOrder = plan.graph.order.map { UInt32(clamping: $0) }
  }
}

extension Wire.NodeModel {
  init(_ node: Node, _ step: RunPlan.Step) {
    self.init()
    name = node.name
    program = step.program?.id ?? ""
    programType = step.program?.type.rawValue ?? ""
    condition = step.isCondition
    after = node.edges.map {
      Wire.EdgeModel(from: UInt32(clamping: $0.upstream), on: Wire.EdgeMeaning($0.kind))
    }
    joinCount =
      switch node.join {
      case .all: 0
      case .any: 1
      case .count(let count): UInt32(clamping: count)
      }
  }
}

extension Wire.EdgeMeaning {
  init(_ kind: Edge.Kind) {
    self =
      switch kind {
      case .success: .success
      case .failure: .failure
      case .complete: .complete
      case .whenTrue: .true
      case .whenFalse: .false
      }
  }
}
