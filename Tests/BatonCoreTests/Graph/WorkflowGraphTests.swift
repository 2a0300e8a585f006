import BatonCore
import Testing

@Suite struct WorkflowGraphTests {
  private func workflow(_ edges: [[Int]]) -> Workflow {
    Workflow(
      name: "W",
      nodes: edges.enumerated().map { index, upstream in
        Node(
          name: "n\(index)", action: .program("P"),
          edges: upstream.map { Edge(upstream: $0, kind: .success) })
      })
  }

  @Test("T12 graph order takes the first declared among the ready nodes")
  func order() {
    // Declared: 0 after 3, 1, 2 after 0, 3, 4 after 1.
    let graph = WorkflowGraph(workflow([[3], [], [0], [], [1]]))
    #expect(graph.order == [1, 3, 0, 2, 4])
    #expect(graph.rank == [2, 0, 3, 1, 4])
    #expect(graph.roots == [1, 3])
    #expect(graph.predecessors == [[3], [], [0], [], [1]])
    #expect(graph.outgoing[1] == [.init(downstream: 4, edge: 0, kind: .success)])
    #expect(graph.index(of: "n4") == 4)
    #expect(graph.index(of: "x") == nil)
  }

  @Test("T9 ancestors over edges of any kind; G15 handlers")
  func ancestors() {
    var workflow = workflow([[], [], [0, 0, 1], [2], []])
    workflow.nodes[2].edges[1].kind = .failure
    workflow.nodes[3].edges[0].kind = .complete
    let graph = WorkflowGraph(workflow)
    #expect(Array(graph.ancestors(of: 3)) == [0, 1, 2])
    #expect(graph.ancestors(of: 0).isEmpty)
    #expect(Array(graph.descendants(of: 1)) == [2, 3])
    #expect(graph.predecessors[2] == [0, 1])
    #expect((0..<5).map(graph.hasHandler) == [true, false, true, false, false])
  }

  @Test("10,000 nodes and 100,000 edges")
  func large() {
    let count = 10_000
    let edges = (0..<count).map { node in (1...10).map { node - $0 * 7 }.filter { $0 >= 0 } }
    let graph = WorkflowGraph(workflow(edges))
    #expect(graph.order.count == count)
    #expect(graph.ancestors(of: count - 1).count == (count - 1) / 7)
    let search = CycleSearch(downstream: graph.outgoing.map { $0.map(\.downstream) })
    #expect(search.groups().isEmpty)
  }

  @Test("cycle groups: a node after itself, two groups, a shortest cycle from the first node")
  func cycles() {
    // 0 -> 0; 1 -> 2 -> 3 -> 1 and 2 -> 1; 4 -> 5
    let search = CycleSearch(downstream: [[0], [2], [3, 1], [1], [5], []])
    #expect(search.groups() == [[0], [1, 2, 3]])
    #expect(search.shortestCycle(in: [0]) == [0])
    #expect(search.shortestCycle(in: [1, 2, 3]) == [1, 2])
  }

  @Test("a ring of 100,000 nodes is found without recursion")
  func ring() {
    let count = 100_000
    let search = CycleSearch(downstream: (0..<count).map { [($0 + 1) % count] })
    let groups = search.groups()
    #expect(groups.count == 1)
    #expect(groups.first.map { search.shortestCycle(in: $0).count } == count)
  }

  @Test("node sets")
  func nodeSets() {
    var set = NodeSet(nodeCount: 130)
    for node in [129, 0, 64, 63] { set.insert(node) }
    #expect(Array(set) == [0, 63, 64, 129])
    #expect(set.count == 4)
    #expect(set.contains(64) && !set.contains(65) && !set.contains(500) && !set.contains(-1))
    #expect(Array(NodeSet(nodeCount: 0)).isEmpty)
  }
}
