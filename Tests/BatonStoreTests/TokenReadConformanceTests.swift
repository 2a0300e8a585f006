import BatonCore
import BatonStore
import Testing

@Suite("Store conformance: lean reads of tokens")
struct TokenReadConformanceTests {
  @Test("T58: the entries of one key, with the nodes that are withheld", arguments: StoreKind.all)
  func entriesOfKey(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        try writer.insertRun(
          Sample.run(1, status: .running),
          nodes: ["A", "B"].enumerated().map { Sample.node(1, $1, $0) })
        for (node, attempt, value) in [("A", 2, "a2"), ("A", 1, "a1"), ("B", 1, "b")] {
          try writer.putToken(
            Sample.puts(1, node, attempt, ["k": value, "other": ""]), limits: TokenLimits(),
            exempt: false)
        }
        try writer.putToken(
          Sample.puts(1, "A", 1, ["k": "system"], scope: .system), limits: TokenLimits(),
          exempt: false)
        var node = Sample.node(1, "B", 1)
        node.attempts = 1
        node.status = .upstreamFailed
        try writer.updateNode(node)
      }
      let state = try store.read {
        try $0.tokenEntries(of: Sample.id(1), scope: .user, key: "k")
      }
      #expect(Set(state.entries.map(\.value)) == ["a2", "b"])
      #expect(state.withheld == ["B"])
      let system = try store.read {
        try $0.tokenEntries(of: Sample.id(1), scope: .system, key: "k").entries
      }
      #expect(system.map(\.value) == ["system"])
      let none = try store.read {
        try $0.tokenEntries(of: Sample.id(1), scope: .user, key: "K").entries
          + $0.tokenEntries(of: Sample.id(2), scope: .user, key: "k").entries
      }
      #expect(none.isEmpty)
    }
  }

  @Test("a token read for one key shows what the whole one shows of it", arguments: StoreKind.all)
  func oneKey(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        try writer.insertRun(
          Sample.run(1, status: .running),
          nodes: ["A", "B"].enumerated().map { Sample.node(1, $1, $0) })
        _ = try writer.insertAttempt(Sample.attempt(1, "A"))
        for number in 1...4 {
          try writer.putToken(
            Sample.puts(1, "A", ["k": "\(number)", "other": "x"]), limits: TokenLimits(),
            exempt: false)
          // B sees what was there at its start.
          if number == 2 { _ = try writer.insertAttempt(Sample.attempt(1, "B")) }
        }
      }
      let (run, key) = (Sample.id(1), TokenKey(.user, "k"))
      for history in [false, true] {
        let whole = try #require(try await store.tokenAsync(of: run, history: history))
        let part = try #require(try await store.tokenAsync(of: run, key: key, history: history))
        #expect(part.account == whole.account && part.status == whole.status)
        let ofWhole = try TokenView(whole, Sample.graph).list("k")
        let ofPart = try TokenView(part, Sample.graph).list("k")
        #expect(ofPart == ofWhole && ofPart.map(\.put.value) == ["4"])
      }
      let past = try #require(try await store.tokenAsync(of: run, key: key, history: true))
      let view = try TokenView(past, Sample.graph, at: .attempt(node: "B", attempt: 1))
      let seen = try view.get("k")
      #expect(seen?.put.value == "2")
      let none = try await store.tokenAsync(of: Sample.id(2), key: key, history: false)
      #expect(none == nil)
    }
  }

  @Test("history: a filter and the limit together", arguments: StoreKind.all)
  func filteredHistory(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1), nodes: [])
        for number in 1...300 {
          try writer.putToken(
            Sample.puts(1, number % 100 == 0 ? "B" : "A", ["k": "\(number)"]),
            limits: TokenLimits(), exempt: false)
        }
      }
      var query = TokenPutQuery(limit: 2)
      query.node = "B"
      try holds(store.read { [query] in try seqs($0, query) } == [100, 200])
      query.newestFirst = true
      try holds(store.read { [query] in try seqs($0, query) } == [300, 200])
      query.limit = 9
      query.through = 299
      try holds(store.read { [query] in try seqs($0, query) } == [200, 100])
    }
  }

  private func seqs(_ reader: any StoreReader, _ query: TokenPutQuery) throws -> [UInt64] {
    try reader.tokenPuts(of: Sample.id(1), query).map(\.seq)
  }

  @Test("tokens are read without holding a thread", arguments: StoreKind.all)
  func async(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1), nodes: [])
        for number in 1...5000 {
          try writer.putToken(
            Sample.puts(1, ["k": "\(number)"]), limits: TokenLimits(), exempt: false)
        }
      }
      let token = try await store.tokenAsync(of: Sample.id(1), history: false)
      #expect(token?.account.lastSeq == 5000)
      let whole = try await store.tokenAsync(of: Sample.id(1), history: true)
      #expect(whole?.holdsHistory == true && whole?.account == token?.account)
      let missing = try await store.tokenAsync(of: Sample.id(2), history: false)
      #expect(missing == nil)
    }
  }

  @Test(
    "T23: what is remembered for puts goes with the run, and nothing else", arguments: StoreKind.all
  )
  func putRequests(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let other = WorkflowID(namespace: "default", application: "other", workflow: "Flow")
      let keys = [
        RequestKey(putOf: Sample.attempt(1, "A").id, id: "r"),
        RequestKey(putOf: Sample.attempt(2, "A").id, id: "r"),
        RequestKey(scope: "Trigger:default", id: "r"),
      ]
      #expect(keys[0].scope == "PutToken:\(Sample.id(1)):A:1")
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1, status: .failed), nodes: [])
        try writer.insertRun(Sample.run(2, other), nodes: [])
        for key in keys { try writer.remember(key, bodyHash: [1], answer: [2]) }
      }
      try await store.commit { try $0.deleteRun(Sample.id(1)) }
      let answers = try await store.commit { writer in
        try keys.map { try writer.answer(of: $0, bodyHash: [1]) }
      }
      #expect(answers == [nil, [2], [2]])
    }
  }

  @Test("runs by the first characters of ids: the newest of many", arguments: StoreKind.all)
  func prefix(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        for number in 1...200 {
          // In an order of creation that is not that of the ids.
          let run = Sample.run(number, created: Int64(number * 77 % 201))
          try writer.insertRun(run, nodes: [])
        }
      }
      var query = RunQuery(namespace: "default", limit: 3)
      query.idPrefix = String(Sample.id(1).description.prefix(8))
      let found = try store.read { [query] in try $0.runs(query) }
      #expect(found.map(\.header.created.milliseconds) == [200, 199, 198])
    }
  }
}
