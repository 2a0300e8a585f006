import BatonCore
import BatonStore
import Testing

@Suite("Store conformance: runs")
struct RunConformanceTests {
  @Test("every field of a run is kept", arguments: StoreKind.all)
  func wholeRun(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var record = Sample.run(1, external: "ext \u{E9}")
      record.header.trigger = .parent
      record.header.schedule = "nightly"
      record.header.chainDepth = 3
      record.header.parent = AttemptID(run: Sample.id(9), node: "N", attempt: 2)
      record.header.principal = "ada"
      record.header.arguments = ["a": "", "b": "2\n"]
      record.header.env = ["E": "é"]
      record.header.conf = "{}"
      record.state.started = Timestamp(milliseconds: -5)
      record.state.suspended = Timestamp(milliseconds: 2)
      record.state.resumed = Timestamp(milliseconds: 3)
      record.state.stopping = Timestamp(milliseconds: 4)
      record.state.ended = Timestamp(milliseconds: .max)
      record.state.reason = "r"
      record.state.failures = [RunFailure(node: "N", attempt: 1, reason: "x", message: "m")]
      record.state.finishError = "f"
      record.state.reruns = 1
      record.state.skips = 2
      record.state.lastEvent = 7
      record.state.stop = StopOrder(
        graceMS: 0, reason: "why", principal: "ada", isForced: true)
      var node = Sample.node(1, "B", 1)
      node.outcome = false
      node.wakes = Timestamp(milliseconds: 9)
      node.reason = "why"
      node.attempts = 4
      node.status = .waiting
      let nodes = [node, Sample.node(1, "A", 0)]
      try await store.commit { [record] in try $0.insertRun(record, nodes: nodes) }
      try holds(store.read { try $0.run(Sample.id(1)) } == record)
      try holds(store.read { try $0.nodes(of: Sample.id(1)) } == nodes.reversed())
      try holds(store.read { try $0.run(externalID: "ext \u{E9}", of: Sample.flow) } == record)
      try holds(store.read { try $0.run(externalID: "other", of: Sample.flow) } == nil)
      try holds(store.read { try $0.run(Sample.id(2)) } == nil)
      record.state = RunState(status: .running)
      record.state.stop = StopOrder()
      let state = record.state
      try await store.commit { try $0.updateRun(Sample.id(1), state, expecting: .pending) }
      try await holds(store.readAsync { try $0.run(Sample.id(1)) } == record)
    }
  }

  @Test("G35: a status is changed by compare-and-set", arguments: StoreKind.all)
  func compareAndSet(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { try $0.insertRun(Sample.run(1), nodes: []) }
      let error = await #expect(throws: StoreError.self) {
        try await store.commit {
          try $0.updateRun(Sample.id(1), RunState(status: .completed), expecting: .running)
        }
      }
      #expect(error == .statusChanged(Sample.id(1), stored: .pending))
      await #expect(throws: StoreError.statusChanged(Sample.id(2), stored: nil)) {
        try await store.commit {
          try $0.updateRun(Sample.id(2), RunState(status: .completed), expecting: .running)
        }
      }
      #expect(store.counters.restarts == 0)
    }
  }

  @Test("SR40: a workflow has an external id once", arguments: StoreKind.all)
  func externalID(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { try $0.insertRun(Sample.run(1, external: "x"), nodes: []) }
      let error = await #expect(throws: BatonError.self) {
        try await store.commit { try $0.insertRun(Sample.run(2, external: "x"), nodes: []) }
      }
      #expect(error?.reason == "run_id_taken")
      try await store.commit {
        try $0.insertRun(Sample.run(3, Sample.other, external: "x"), nodes: [])
      }
    }
  }

  @Test("G62, B3.1: runs are listed newest first, by every filter", arguments: StoreKind.all)
  func lists(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let statuses: [RunStatus] = [.pending, .running, .completed, .failed]
      try await store.commit { writer in
        for number in 1...40 {
          var record = Sample.run(
            number, number % 5 == 0 ? Sample.other : Sample.flow,
            status: statuses[number % 4], created: Int64(number / 2), version: number % 3)
          if number % 7 == 0 {
            record.header.trigger = .parent
            record.header.parent = AttemptID(run: Sample.id(1), node: "A", attempt: 1)
          }
          try writer.insertRun(record, nodes: [])
        }
        try writer.insertRun(
          Sample.run(
            99, WorkflowID(namespace: "n2", application: "app", workflow: "Flow"), created: 50),
          nodes: [])
      }
      let all = try store.read { try $0.runs(RunQuery(namespace: "default", limit: 100)) }
      #expect(all.count == 40)
      #expect(all.map(\.header.id) == (1...40).reversed().map(Sample.id))
      for query in Self.queries() {
        let expected = all.filter { Self.matches($0, query) }.prefix(query.limit)
        let found = try store.read { try $0.runs(query) }
        #expect(found == Array(expected), "\(query)")
      }
    }
  }

  @Test("G62: a page ends early rather than look at every run", arguments: StoreKind.all)
  func boundedPages(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        for number in 1...100 {
          var record = Sample.run(number, status: number % 2 == 0 ? .completed : .failed)
          if number % 30 == 0 { record.header.trigger = .schedule }
          try writer.insertRun(record, nodes: [])
        }
      }
      for scope in 0..<3 {
        var query = RunQuery(namespace: "default", limit: 2)
        query.trigger = .schedule
        query.effort = 7
        if scope > 0 { query.application = "app" }
        if scope > 1 { query.statuses = [.completed, .killed] }
        var found: [RunID] = []
        var pages = 0
        while true {
          let page = try store.read { [query] in try $0.runPage(query) }
          pages += 1
          found += page.runs.map(\.header.id)
          guard let next = page.next else { break }
          query.before = next
        }
        #expect(found == [90, 60, 30].map(Sample.id))
        if kind != .memory { #expect(pages > 6) }
        query.before = nil
        try holds(
          store.read { [query] in try $0.runs(query) }.map(\.header.id) == [90, 60].map(Sample.id))
      }
    }
  }

  @Test("G62: runs by the id that a trigger brought, in any scope", arguments: StoreKind.all)
  func brought(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1, external: "x"), nodes: [])
        try writer.insertRun(Sample.run(2, Sample.other, external: "x"), nodes: [])
        try writer.insertRun(Sample.run(3, external: "y"), nodes: [])
        let flow = WorkflowID(namespace: "n2", application: "app", workflow: "Flow")
        try writer.insertRun(Sample.run(4, flow, external: "x"), nodes: [])
      }
      var query = RunQuery(namespace: "default", limit: 9)
      query.externalID = "x"
      try holds(
        store.read { [query] in try $0.runs(query) }.map(\.header.id) == [2, 1].map(Sample.id))
      query.workflow = "Flow"
      query.application = "app"
      try holds(store.read { [query] in try $0.runs(query) }.map(\.header.id) == [Sample.id(1)])
      query.before = RunCursor(created: Timestamp(milliseconds: 0), id: Sample.id(1))
      try holds(store.read { [query] in try $0.runs(query) }.isEmpty)
    }
  }

  private static func queries() -> [RunQuery] {
    var queries: [RunQuery] = []
    for scope in 0..<3 {
      for filter in 0..<8 {
        var query = RunQuery(namespace: "default", limit: filter % 2 == 0 ? 100 : 4)
        if scope > 0 { query.application = "app" }
        if scope > 1 { query.workflow = "Flow" }
        switch filter {
        case 1: query.statuses = [.failed, .pending]
        case 2: query.since = Timestamp(milliseconds: 5)
        case 3: query.until = Timestamp(milliseconds: 5)
        case 4: query.before = RunCursor(created: Timestamp(milliseconds: 8), id: Sample.id(17))
        case 5: query.trigger = .parent
        case 6: query.parent = Sample.id(1)
        case 7:
          query.version = 2
          query.statuses = [.running]
          query.before = RunCursor(created: Timestamp(milliseconds: 15), id: Sample.id(30))
          query.since = Timestamp(milliseconds: 3)
        default: query.idPrefix = String(Sample.id(20).description.prefix(13))
        }
        queries.append(query)
      }
    }
    return queries
  }

  private static func matches(_ run: RunRecord, _ query: RunQuery) -> Bool {
    let cursor = RunCursor(created: run.header.created, id: run.header.id)
    return (query.workflow == nil || run.header.workflow == Sample.flow)
      && (query.statuses.isEmpty || query.statuses.contains(run.state.status))
      && (query.since.map { run.header.created >= $0 } ?? true)
      && (query.until.map { run.header.created < $0 } ?? true)
      && (query.before.map { cursor < $0 } ?? true)
      && (query.trigger == nil || query.trigger == run.header.trigger)
      && (query.parent == nil || query.parent == run.header.parent?.run)
      && (query.version == nil || query.version == run.header.version)
      && (query.idPrefix.map { run.header.id.description.hasPrefix($0) } ?? true)
  }

  @Test("active runs are counted by workflow, and listed oldest first", arguments: StoreKind.all)
  func active(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let inUnit = try await store.commit { writer in
        try writer.insertRun(Sample.run(2), nodes: [])
        try writer.insertRun(Sample.run(1), nodes: [])
        try writer.insertRun(Sample.run(3, status: .rejected), nodes: [])
        try writer.insertRun(Sample.run(4, status: .starting), nodes: [])
        try writer.updateRun(Sample.id(1), RunState(status: .running), expecting: .pending)
        let count = try writer.activeRunCount(of: Sample.flow)
        return [count.pending, count.begun]
      }
      #expect(inUnit == [1, 2])
      try holds(store.read { try $0.activeRuns() } == [1, 2, 4].map(Sample.id))
      try await store.commit {
        try $0.updateRun(Sample.id(1), RunState(status: .completed), expecting: .running)
        try $0.updateRun(Sample.id(4), RunState(status: .running), expecting: .starting)
      }
      let count = try store.read { try $0.activeRunCount(of: Sample.flow) }
      #expect((count.pending, count.begun) == (1, 1))
      try holds(store.read { try $0.activeRunCount(of: Sample.other) } == (0, 0))
      try holds(store.read { try $0.activeRuns() } == [2, 4].map(Sample.id))
    }
  }

  @Test("G61: an attempt has one outcome, and keeps what it was given", arguments: StoreKind.all)
  func attempts(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var record = Sample.attempt(1, "A", program: "p")
      record.credentialHash = Array(repeating: 7, count: 32)
      record.used = AttemptInputs(argv: ["a", ""], properties: ["p": "v"], env: ["E": "é"])
      record.host = "h"
      record.hook = .finish
      record.limitsUnenforced = ["memory"]
      let stored = try await store.commit { [record] writer in
        try writer.insertRun(
          Sample.run(1), nodes: [Sample.node(1, "B", 0), Sample.node(1, "A", 1)])
        try writer.putToken(Sample.puts(1, ["k": "1"]), limits: TokenLimits(), exempt: false)
        try writer.insertAttempt(Sample.attempt(1, "B"))
        return try writer.insertAttempt(record)
      }
      record.viewSeq = 1
      #expect(stored == record)
      try holds(store.read { try $0.attempt(record.id) } == record)
      try holds(
        store.read { try $0.attempt(credentialHash: record.credentialHash ?? []) } == record)
      try holds(store.read { try $0.attempt(credentialHash: [1]) } == nil)
      record.status = .failed
      record.reason = "exit_nonzero"
      record.message = "m"
      record.exitCode = -9
      record.ended = Timestamp(milliseconds: 6000)
      record.leftoverKilled = 2
      record.killReason = "k"
      record.limitsUnenforced = ["cpu_time", "memory"]
      record.ending = AttemptEnding(
        means: .kill, processesEnded: 3, survivors: [.init(pid: 7, command: "sleep é")],
        durationMS: 10_012, proof: .processScan)
      let outcomes = try await store.commit { [record] writer in
        var late = record
        late.status = .completed
        return [try writer.updateAttempt(record), try writer.updateAttempt(late)]
      }
      #expect(outcomes == [true, false])
      try holds(store.read { try $0.attempt(record.id) } == record)
      let names = try store.read { try $0.attempts(of: Sample.id(1), node: nil).map(\.id.node) }
      #expect(names == ["B", "A"])
      try holds(store.read { try $0.attempts(of: Sample.id(1), node: "A") } == [record])
    }
  }

  @Test(
    "B4.2: program runs newest start first, then by the text of the id",
    arguments: StoreKind.all)
  func programRuns(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        for run in 1...3 {
          try writer.insertRun(Sample.run(run, version: run), nodes: [])
          for number in 1...11 {
            var record = Sample.attempt(run, "A", number, started: 100, program: "p")
            try writer.insertAttempt(record)
            record.status = number % 2 == 0 ? .failed : .completed
            try writer.updateAttempt(record)
          }
          try writer.insertAttempt(Sample.attempt(run, "B", started: Int64(run), program: "p"))
          try writer.insertAttempt(Sample.attempt(run, "A-B", started: 100, program: "p"))
          try writer.insertAttempt(Sample.attempt(run, "C", started: 999))
        }
      }
      var query = ProgramRunQuery(
        namespace: "default", application: "app",
        program: ProgramReference(type: .command, id: "p"), limit: 100)
      let all = try store.read { [query] in try $0.programRuns(query) }
      #expect(all.count == 3 * 13)
      let expected = all.sorted {
        ($0.attempt.started, $0.attempt.id.description)
          > ($1.attempt.started, $1.attempt.id.description)
      }
      #expect(all == expected)
      #expect(all.allSatisfy { Sample.id($0.version) == $0.attempt.id.run })
      query.limit = 7
      var paged: [ProgramRun] = []
      while true {
        let page = try store.read { [query] in try $0.programRuns(query) }
        guard let last = page.last else { break }
        paged += page
        query.before = .init(started: last.attempt.started, id: last.attempt.id)
      }
      #expect(paged == all)
      query.before = nil
      query.statuses = [.failed]
      query.version = 2
      query.since = Timestamp(milliseconds: 100)
      query.until = Timestamp(milliseconds: 101)
      try holds(store.read { [query] in try $0.programRuns(query) }.count == 5)
    }
  }

  @Test("applications have versions, and go with all that is theirs", arguments: StoreKind.all)
  func applications(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try holds(store.read { try $0.namespaceExists("ns") } == false)
      try holds(store.read { try $0.namespaceExists("default") })
      try await store.commit { writer in
        for name in ["app", "b", "bc"] {
          for version in 1...(name == "app" ? 2 : 1) {
            let id = ApplicationVersionID(namespace: "ns", application: name, version: version)
            try writer.insertApplication(
              ApplicationRecord(
                id: id, created: Timestamp(milliseconds: Int64(version)), content: [1],
                model: []), programs: [])
          }
        }
        let flow = WorkflowID(namespace: "ns", application: "app", workflow: "Flow")
        try writer.insertRun(
          Sample.run(1, flow, status: .completed, external: "x"), nodes: [Sample.node(1, "A", 0)])
        try writer.insertAttempt(Sample.attempt(1, "A", program: "p"))
        try writer.putToken(Sample.puts(1, ["k": "v"]), limits: TokenLimits(), exempt: false)
        try writer.appendEvents([
          Sample.event(1, 1, flow), Sample.event(nil, 0, flow), Sample.event(nil, 0, Sample.flow),
        ])
      }
      let list = try store.read {
        try $0.applications(namespace: "ns", prefix: "b", after: "b", limit: 9)
      }
      #expect(list.map(\.name) == ["bc"])
      try holds(store.read { try $0.newestVersion(namespace: "ns", name: "app") } == 2)
      let first = try store.read {
        try $0.application(namespace: "ns", name: "app", version: 1)
      }
      #expect(first?.content == [1] && first?.model == [])
      try holds(
        store.read { try $0.application(namespace: "ns", name: "app", version: nil) }?.id
          .version == 2)
      _ = try store.token(of: Sample.id(1))
      try await store.deleteApplication(namespace: "ns", name: "app")
      try holds(store.token(of: Sample.id(1)) == nil)
      try store.read { reader in
        try holds(reader.run(Sample.id(1)) == nil)
        try holds(reader.nodes(of: Sample.id(1)).isEmpty)
        try holds(reader.attempts(of: Sample.id(1), node: nil).isEmpty)
        try holds(reader.tokenAccount(of: Sample.id(1)) == nil)
        try holds(reader.tokenPuts(of: Sample.id(1), TokenPutQuery(limit: 9)).isEmpty)
        try holds(reader.events(after: 0, limit: 9).map(\.number) == [3])
        try holds(reader.newestVersion(namespace: "ns", name: "app") == nil)
        try holds(reader.activeRuns().isEmpty)
        try holds(reader.lastEventNumber() == 3)
      }
    }
  }
}
