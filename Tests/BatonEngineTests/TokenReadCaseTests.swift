import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Cases of reads: errors, pages, watching, deleted runs (TK-36, TK-38, TK-39, TK-46, T54 … T57).
@Suite("Cases of reads", .timeLimit(.minutes(3))) struct TokenReadCaseTests {
  /// What a read may be asked; each takes what it has a field for.
  private struct Asked: Sendable {
    var run = Wire.RunRef()
    var at: Wire.Viewpoint?
    var scope = Wire.Scope.user
    var node = "A"
    var key = "k"
    var pageSize: Int32 = 0
    var pageToken = ""
  }

  private enum Read: String, CaseIterable {
    case get, list, node, history, watch

    func ask(_ house: EngineFixture, _ asked: Asked, _ options: CallOptions) async throws {
      let tokens = house.tokens
      switch self {
      case .get:
        _ = try await tokens.getToken(
          .init(
            run: asked.run, viewpoint: asked.at, key: asked.key, scope: asked.scope,
            node: asked.node), options: options)
      case .list:
        _ = try await tokens.listTokens(
          .init(
            run: asked.run, viewpoint: asked.at, scope: asked.scope, key: asked.key,
            pageSize: asked.pageSize, pageToken: asked.pageToken), options: options)
      case .node:
        _ = try await tokens.getNodeToken(
          .init(
            run: asked.run, viewpoint: asked.at, node: asked.node, scope: asked.scope,
            key: asked.key, pageSize: asked.pageSize, pageToken: asked.pageToken),
          options: options)
      case .history:
        _ = try await tokens.getTokenHistory(
          .init(
            run: asked.run, scope: asked.scope, key: asked.key, node: asked.node,
            pageSize: asked.pageSize, pageToken: asked.pageToken), options: options)
      case .watch:
        try await tokens.watchToken(
          .init(run: asked.run, scope: asked.scope, key: asked.key, node: asked.node),
          options: options
        ) { for try await _ in $0 {} }
      }
    }
  }

  /// Expects the reads named to be refused with a code and a reason; code nil: to be answered.
  private func expect(
    _ code: BatonError.Code?, _ reason: BatonError.Reason, for reads: [Read] = Read.allCases,
    _ house: EngineFixture, _ asked: Asked, _ options: CallOptions = CallOptions(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    for read in reads {
      do {
        try await read.ask(house, asked, options)
        #expect(code == nil, "\(read) was answered", sourceLocation: sourceLocation)
      } catch let error as BatonError {
        #expect(error.code == code, "\(read): \(error)", sourceLocation: sourceLocation)
        #expect(error.reason == reason, "\(read): \(error)", sourceLocation: sourceLocation)
      } catch {
        Issue.record(error, sourceLocation: sourceLocation)
      }
    }
  }

  @Test("TK-36, T55: the first of several errors, for every read", arguments: Deployment.allCases)
  func errors(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: puts}\n- {name: B, program: block, after: [A]}",
        programs: "puts: {type: COMMAND, argv: [puts, \"0\", k=1]}")
      let ended = try await house.trigger()
      await house.programs.finish("B")
      try await house.end(of: ended)
      let running = try await house.trigger()
      let b = await house.programs.launch(of: "B", 2)
      let task = try house.options(b)
      let nobody = CallOptions(metadata: [.init(key: "authorization", value: "Task nobody")])
      // Everything is wrong; then one after the other is mended.
      var asked = Asked()
      asked.run = .init(runID: "abc")
      asked.at = .init(atNode: "nosuch", atAttempt: 9)
      asked.scope = Wire.Scope(rawValue: 9)
      (asked.node, asked.key) = ("nosuch", "nosuch")
      (asked.pageSize, asked.pageToken) = (1001, "x")
      await expect(.unauthenticated, "unauthenticated", house, asked, nobody)
      await expect(.permissionDenied, "not_permitted", house, asked, task)
      await expect(.invalidArgument, "run_id_invalid", house, asked)
      asked.run = .init(runID: "01a20000-0000-7000-8000-000000000000")
      await expect(.invalidArgument, "token_scope_invalid", house, asked)
      asked.scope = .user
      let paged: [Read] = [.list, .node, .history]
      await expect(.invalidArgument, "page_size_invalid", for: paged, house, asked)
      asked.pageSize = -1
      await expect(.invalidArgument, "page_size_invalid", for: paged, house, asked)
      asked.pageSize = 1000
      await expect(.invalidArgument, "page_token_invalid", for: paged, house, asked)
      await expect(.notFound, "run_not_found", for: [.get, .watch], house, asked)
      asked.pageToken = ""
      await expect(.notFound, "run_not_found", house, asked)
      for run in [
        Wire.RunRef(application: "other", runID: ended), .init(workflow: "X", runID: ended),
        .init(namespace: "nowhere", runID: ended),
        .init(application: "demo", workflow: "W", runID: "unbrought"),
      ] {
        asked.run = run
        await expect(.notFound, "run_not_found", house, asked)
      }
      asked.run = .init(namespace: "default", application: "demo", workflow: "W", runID: ended)
      await expect(.notFound, "node_not_found", house, asked)
      (asked.node, asked.at) = ("A", .init(atNode: "A", atAttempt: 9))
      await expect(.notFound, "attempt_not_found", for: [.get, .list, .node], house, asked)
      asked.at = .init(atNode: "A", atAttempt: 1)
      await expect(.notFound, "token_key_not_found", for: [.get, .list, .node], house, asked)
      // What filters may find nothing.
      await expect(nil, "", for: [.history, .watch], house, asked)
      asked.key = "k"
      await expect(nil, "", house, asked)
      asked.key = ""
      await expect(.invalidArgument, "token_key_invalid", for: [.get], house, asked)
      await expect(nil, "", for: [.list, .node, .history, .watch], house, asked)
      asked.run = .init()
      await expect(.invalidArgument, "run_id_invalid", house, asked)
      // A credential: its run and viewpoint need not be named, another is refused (T37, T38).
      (asked.at, asked.key) = (nil, "k")
      await expect(nil, "", for: [.get, .list, .node], house, asked, task)
      await expect(.permissionDenied, "not_permitted", for: [.history, .watch], house, asked, task)
      for run in [running, ended, "01a20000-0000-7000-8000-000000000000"] {
        asked.run = .init(runID: run)
        await expect(
          run == running ? nil : .permissionDenied, run == running ? "" : "not_permitted",
          for: [.get, .list, .node], house, asked, task)
      }
      (asked.run, asked.at) = (.init(runID: running), .init(atNode: "B", atAttempt: 2))
      await expect(
        .permissionDenied, "not_permitted", for: [.get, .list, .node], house, asked, task)
    }
  }

  @Test("T54: a run by the id that its trigger brought", arguments: Deployment.allCases)
  func broughtID(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let id = "über run/1 \"'"
      let run = try await house.client.triggerPipeline(
        .init(application: "demo", workflow: "W", externalRunID: id)
      ).runID
      let a = await house.programs.launch(of: "A")
      try await house.put(a, ["k": "1"])
      var asked = Asked()
      asked.run = .init(application: "demo", workflow: "W", runID: id)
      await expect(nil, "", for: [.get, .list, .node, .history], house, asked)
      await expect(nil, "", for: [.get, .list, .node], house, asked, try house.options(a))
      asked.run = .init(application: "demo", workflow: "W", runID: "über run/1")
      await expect(.notFound, "run_not_found", house, asked)
      await expect(
        .permissionDenied, "not_permitted", for: [.get, .list, .node], house, asked,
        try house.options(a))
      asked.run = .init(runID: id)
      await expect(.invalidArgument, "run_id_invalid", house, asked)
      #expect(try await house.value(run, "k") == "1")
    }
  }

  @Test("TK-38: all pages show the state of the first", arguments: Deployment.allCases)
  func pages(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let run = try await house.trigger()
      let a = await house.programs.launch(of: "A")
      let keys = (0..<250).map { "k\(1000 + $0)" }
      try await house.put(.init(entries: keys.map { .init(key: $0, value: "1") }), as: a)
      var list = Wire.ListTokensRequest(run: .init(runID: run), pageSize: 100)
      var node = Wire.GetNodeTokenRequest(run: .init(runID: run), node: "A", pageSize: 100)
      var history = Wire.GetTokenHistoryRequest(run: .init(runID: run), scope: .user, pageSize: 100)
      var sizes: [[Int]] = []
      var seen: [String] = []
      var current = 0
      let asOf = UInt64(try await house.history(run).count)
      repeat {
        let first = try await house.tokens.listTokens(list)
        let second = try await house.tokens.getNodeToken(node)
        let third = try await house.tokens.getTokenHistory(history)
        sizes.append([first.keys.count, second.entries.count, third.puts.count])
        #expect([first.asOfSeq, second.asOfSeq, third.asOfSeq] == [asOf, asOf, asOf])
        seen += first.keys.map(\.key)
        #expect(first.keys.map(\.key) == second.entries.map(\.key))
        #expect(first.keys.flatMap(\.entries).allSatisfy { $0.value == "1" })
        #expect(second.entries.allSatisfy { $0.value == "1" })
        current += third.puts.count(where: \.current)
        (list.pageToken, node.pageToken) = (first.nextPageToken, second.nextPageToken)
        history.pageToken = third.nextPageToken
        // A new key, and new values of one that was given and of one that was not.
        try await house.put(a, ["k0": "2", "k1000": "2", "k1249": "2"])
      } while !list.pageToken.isEmpty
      #expect(sizes == [[100, 100, 100], [100, 100, 100], [50, 50, 50]])
      #expect(seen == keys && current == 250)
      #expect(node.pageToken.isEmpty && history.pageToken.isEmpty)
      // The token of one listing is none of another.
      list.pageToken = try await house.tokens.listTokens(list).nextPageToken
      list.key = "k1000"
      _ = await refused("page_token_invalid") { _ = try await house.tokens.listTokens(list) }
    }
  }

  @Test("T56: the largest values, and many nodes under one key", arguments: Deployment.allCases)
  func largePages(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let names = (0..<9).map { "N\($0)" }
      try await house.deploy(
        nodes: names.map { "- {name: \($0), program: block}" }.joined(separator: "\n"))
      let run = try await house.trigger()
      let value = String(repeating: "v", count: 1_048_576)
      for name in names { try await house.put(await house.programs.launch(of: name), ["k": value]) }
      var request = Wire.ListTokensRequest(run: .init(runID: run))
      var found: [String] = []
      var pages = 0
      repeat {
        let page = try await house.tokens.listTokens(request)
        #expect(page.keys.map(\.key) == ["k"] && page.keys[0].entries.count <= 3)
        found += page.keys.flatMap(\.entries).map(\.node)
        pages += 1
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(found == names && pages == 3)
      #expect(try await house.history(run, "k").count == 9)
    }
  }

  @Test("TK-39, T57: a watch loses nothing, resumes and ends", arguments: Deployment.allCases)
  func watch(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let run = try await house.trigger()
      let a = await house.programs.launch(of: "A")
      // Three entries of the platform, two of the node.
      try await house.put(a, ["k": "1"])
      try await house.put(a, ["k": "2"])
      func watched(after seq: UInt64, key: String = "") async throws -> [UInt64] {
        try await house.tokens.watchToken(
          .init(run: .init(runID: run), key: key, afterSeq: seq)
        ) { entries in
          var seen: [UInt64] = []
          for try await entry in entries {
            seen.append(entry.seq)
            if entry.seq == 5 {
              try await house.put(a, ["k": "3"])
              try await house.put(a, ["k": "4"])
            }
            // While this reader does not read, much is put; then the run ends.
            if entry.seq == 7 {
              for number in 0..<300 { try await house.put(a, ["n": "\(number)"]) }
              await house.programs.finish("A")
            }
          }
          return seen
        }
      }
      #expect(try await watched(after: 2) == Array(3...310))
      #expect(try await house.status(run) == .completed)
      #expect(try await watched(after: 305) == Array(306...310))
      #expect(try await watched(after: 7, key: "k").isEmpty)
      #expect(try await watched(after: 999).isEmpty)
    }
  }

  @Test("T57: a watch of a run that is deleted ends with an error", arguments: Deployment.allCases)
  func deletedWhileWatched(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let run = try await house.pendingRun()
      try await house.put(try #require(await started(house)), ["k": "1"])
      _ = await refused("run_not_found", .notFound) {
        async let deleted: Void = endAndDelete(try #require(RunID(run)), house)
        try await house.tokens.watchToken(.init(run: .init(runID: run))) {
          for try await _ in $0 {}
        }
        try await deleted
      }
    }
  }

  private func started(_ house: EngineFixture) async throws -> LaunchSpec? {
    _ = try await house.trigger()
    return await house.programs.launch(of: "A")
  }

  private func delete(_ house: EngineFixture) async throws {
    try await house.engine.store.deleteApplication(namespace: "default", name: "demo")
  }

  /// In one unit, so that a watch never sees the run's end.
  private func endAndDelete(_ run: RunID, _ house: EngineFixture) async throws {
    try await house.engine.store.commit { writer in
      try writer.updateRun(run, RunState(status: .killed), expecting: .pending)
      try writer.deleteRun(run)
    }
  }

  @Test("TK-46: a deleted run has no token", arguments: Deployment.allCases)
  func deleted(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: puts}",
        programs: "puts: {type: COMMAND, argv: [puts, \"0\", k=1]}")
      var asked = Asked()
      asked.run = .init(runID: try await house.run())
      await expect(nil, "", house, asked)
      _ = try await house.runsDriven()
      try await delete(house)
      await expect(.notFound, "run_not_found", house, asked)
      _ = await refused("app_not_found", .notFound) {
        _ = try await house.tokens.queryTokens(.init(application: "demo", workflow: "W", key: "k"))
      }
    }
  }
}
