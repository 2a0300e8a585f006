/// Compiles the nested form of a workflow into nodes with edges (G9, G10).
struct StepCompilation {
  private typealias Limits = ApplicationParser.Limits

  private let parser: ApplicationParser
  private let context: NodeContext
  private var compiled: [ParsedNode] = []
  private var edges = 0
  private var isOverLimit = false

  init(parser: ApplicationParser, context: NodeContext) {
    self.parser = parser
    self.context = context
  }

  /// The nodes of all steps in the order of the file; none when a bound is exceeded.
  mutating func nodes(_ steps: DocumentCursor) -> [ParsedNode] {
    _ = list(steps, after: [], depth: 1)
    guard isOverLimit else { return compiled }
    let nodes = compiled.count
    if nodes > Limits.nodes {
      steps.report(.limit, "more than \(Limits.nodes) nodes")
    } else {
      steps.report(.limit, "more than \(Limits.edges) edges")
    }
    return []
  }

  /// One list of steps: the first follows the ends that are `open`.
  ///
  /// - Returns: The open ends behind the last step.
  private mutating func list(
    _ cursor: DocumentCursor, after open: [Edge], depth: Int
  ) -> [Edge] {
    guard let steps = cursor.list() else { return open }
    guard depth <= Limits.stepDepth else {
      cursor.report(.limit, "steps are nested deeper than \(Limits.stepDepth) levels")
      return open
    }
    if steps.isEmpty { cursor.report(.badValue, "has no steps") }
    var ends = open
    for step in steps where !isOverLimit {
      guard let object = step.object() else { continue }
      ends = self.step(object, after: ends, depth: depth)
    }
    return ends
  }

  private mutating func step(
    _ object: DocumentObject, after open: [Edge], depth: Int
  ) -> [Edge] {
    if let fork = object["fork"] {
      object.allow(["fork"], what: "a fork")
      return self.fork(fork, after: open, depth: depth)
    }
    let branches = object["condition"] != nil
    let node = add(object, branches ? ["then", "else"] : [], after: open)
    guard branches, object["then"] != nil || object["else"] != nil else {
      return [Edge(upstream: node, kind: .success)]
    }
    var ends: [Edge] = []
    if let steps = object.required("then") {
      ends += list(steps, after: [Edge(upstream: node, kind: .whenTrue)], depth: depth + 1)
    }
    let otherwise = [Edge(upstream: node, kind: .whenFalse)]
    guard let steps = object["else"] else { return ends + otherwise }
    return ends + list(steps, after: otherwise, depth: depth + 1)
  }

  private mutating func fork(
    _ cursor: DocumentCursor, after open: [Edge], depth: Int
  ) -> [Edge] {
    guard let branches = cursor.list() else { return open }
    if branches.isEmpty { cursor.report(.badValue, "has no branches") }
    var ends: [Edge] = []
    for branch in branches where !isOverLimit {
      ends += list(branch, after: open, depth: depth + 1)
    }
    return ends
  }

  /// Adds a node and gives its position.
  private mutating func add(
    _ object: DocumentObject, _ further: Set<String>, after open: [Edge]
  ) -> Int {
    edges += open.count
    if compiled.count >= Limits.nodes || edges > Limits.edges { isOverLimit = true }
    var node = parser.node(object, further, context)
    node.node.edges = isOverLimit ? [] : open
    compiled.append(node)
    return compiled.count - 1
  }
}
