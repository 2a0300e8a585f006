import BatonCore
import BatonStore
import Testing

extension Sample {
  static let call = RerunCall(
    principal: "ada", time: Timestamp(milliseconds: -5), requestID: "r", note: "é",
    rerunsDownstream: true)

  static func item(_ run: Int, _ index: Int, _ status: ItemStatus = .pending) -> ItemRecord {
    var record = ItemRecord(run: id(run), node: "A", index: index, element: "{}", pass: 1)
    record.status = status
    return record
  }

  static func itemAttempt(_ run: Int, _ index: Int, _ number: Int = 1) -> AttemptRecord {
    AttemptRecord(
      id: AttemptID(
        run: id(run), node: "A", attempt: 1, item: .init(index: index, attempt: number)),
      cause: number == 1 ? .first : .retry, chain: 1, started: Timestamp(milliseconds: 5000))
  }

  /// Everything that an attempt may have beside what every attempt has.
  static func fill(_ record: inout AttemptRecord) {
    record.envRevision = 7
    record.call = call
    record.isPredecessorUnproven = true
    record.child = id(77)
    record.exportMissing = ["x", ""]
    record.lease = WorkerLease(id: "l", worker: "w", progress: 50, note: "half")
  }
}

@Suite("Store conformance: items, and what attempts keep")
struct ItemConformanceTests {
  @Test("RE106: items are listed by index, of every status or of some", arguments: StoreKind.all)
  func items(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var full = Sample.item(1, 3, .waiting)
      full.element = #"{"a":[1,"é"]}"#
      full.reason = "exit_nonzero"
      full.attempts = 2
      full.wakes = Timestamp(milliseconds: 9)
      full.pass = 4
      full.isKept = true
      full.isDropped = true
      try await store.commit { [full] writer in
        try writer.insertRun(Sample.run(1), nodes: [Sample.node(1, "A", 0)])
        for index in [10, 2, 0, 1, 3] { try writer.putItem(Sample.item(1, index)) }
        try writer.putItem(Sample.item(1, 1, .completed))
        try writer.putItem(full)
        var other = Sample.item(1, 0)
        other.node = "B"
        try writer.putItem(other)
      }
      func list(
        after: Int? = nil, _ statuses: Set<ItemStatus> = [], limit: Int = 99
      ) throws -> [Int] {
        try store.read {
          try $0.items(
            of: Sample.id(1), node: "A", after: after, statuses: statuses, limit: limit
          ).map(\.index)
        }
      }
      try holds(list() == [0, 1, 2, 3, 10])
      try holds(list(after: 1, limit: 2) == [2, 3])
      try holds(list([.completed, .waiting]) == [1, 3])
      try holds(list(after: 10) == [])
      try holds(store.read { try $0.item(of: Sample.id(1), node: "A", index: 3) } == full)
      try holds(store.read { try $0.item(of: Sample.id(1), node: "A", index: 4) } == nil)
      try holds(
        store.read { try $0.itemCounts(of: Sample.id(1), node: "A") }
          == [.pending: 3, .completed: 1])
      try holds(store.read { try $0.itemCounts(of: Sample.id(1), node: "C") } == [:])
      await #expect(throws: BatonError.self) {
        try await store.commit { try $0.putItem(Sample.item(9, 0)) }
      }
    }
  }

  @Test("RE106: attempts of items are apart from those of the node", arguments: StoreKind.all)
  func attempts(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var first = Sample.itemAttempt(1, 2)
      first.program = ProgramReference(type: .command, id: "p")
      first.credentialHash = Array(repeating: 9, count: 32)
      first.used = AttemptInputs(argv: ["a"])
      Sample.fill(&first)
      let stored = try await store.commit { [first] writer in
        try writer.insertRun(Sample.run(1), nodes: [Sample.node(1, "A", 0)])
        try writer.insertAttempt(Sample.attempt(1, "A", program: "p"))
        try writer.putToken(Sample.puts(1, ["k": "1"]), limits: TokenLimits(), exempt: false)
        try writer.insertAttempt(Sample.itemAttempt(1, 10))
        try writer.insertAttempt(Sample.itemAttempt(1, 0))
        return try writer.insertAttempt(first)
      }
      first.viewSeq = 1
      #expect(stored == first)
      try holds(store.read { try $0.attempt(first.id) } == first)
      try holds(store.read { try $0.attempt(credentialHash: first.credentialHash ?? []) } == first)
      try holds(store.read { try $0.attemptStatus(first.id) } == .running)
      try holds(store.read { try $0.attempts(of: Sample.id(1), node: nil) }.count == 1)
      var wrongPass = first.id
      wrongPass.attempt = 2
      try holds(store.read { [wrongPass] in try $0.attempt(wrongPass) } == nil)
      try holds(store.read { [wrongPass] in try $0.attemptStatus(wrongPass) } == nil)
      await #expect(throws: BatonError.self) {
        try await store.commit { [first] in try $0.insertAttempt(first) }
      }

      first.status = .failed
      first.reason = "exit_nonzero"
      first.exitCode = 3
      first.ended = Timestamp(milliseconds: 6000)
      first.lease?.progress = 90
      first.limitsUnenforced = ["memory"]
      first.ending = AttemptEnding(means: .kill, processesEnded: 1, proof: .cgroup)
      let outcomes = try await store.commit { [first] writer in
        var late = first
        late.status = .completed
        return [
          try writer.updateAttempt(first), try writer.updateAttempt(late),
          try writer.insertAttempt(Sample.itemAttempt(1, 2, 2)).status == .running,
        ]
      }
      #expect(outcomes == [true, false, true])
      func indexes(_ range: ClosedRange<Int>?) throws -> [AttemptID.Item?] {
        try store.read {
          try $0.itemAttempts(of: Sample.id(1), node: "A", indexes: range).map(\.id.item)
        }
      }
      let all = [(0, 1), (2, 1), (2, 2), (10, 1)].map { AttemptID.Item(index: $0, attempt: $1) }
      try holds(indexes(nil) == all)
      try holds(indexes(2...2) == Array(all[1...2]))
      try holds(indexes(1...9) == Array(all[1...2]))
      try holds(store.read { try $0.attempt(first.id) } == first)
      let running = try store.read { try $0.runningItemAttempts(of: Sample.id(1)) }
      #expect(running.map(\.id.item) == [all[0], all[2], all[3]])
      try holds(store.token(of: Sample.id(1))?.attemptStatus(1, of: "A") == .running)
      try holds(store.read { try $0.attemptStatus(Sample.attempt(1, "A").id) } == .running)
    }
  }

  @Test("RE46: an ended attempt takes late reports, and nothing else", arguments: StoreKind.all)
  func late(kind: StoreKind) async throws {
    try await kind.withStore { store in
      for var record in [Sample.attempt(1, "A"), Sample.itemAttempt(1, 4)] {
        Sample.fill(&record)
        let early = try await store.commit { [record] writer in
          if try writer.run(Sample.id(1)) == nil {
            try writer.insertRun(Sample.run(1), nodes: [Sample.node(1, "A", 0)])
          }
          try writer.insertAttempt(record)
          return try writer.recordLate(
            LateReport(time: writer.now, sender: "w", outcome: .failed), of: record.id)
        }
        #expect(!early)
        record.status = .completed
        record.ended = Timestamp(milliseconds: 6000)
        let reports = (0..<18).map { number in
          LateReport(
            time: Timestamp(milliseconds: Int64(number)), sender: "w\(number)", outcome: .failed,
            exitCode: number % 2 == 0 ? -number : nil)
        }
        let taken = try await store.commit { [record] writer in
          try writer.updateAttempt(record)
          return try reports.map { try writer.recordLate($0, of: record.id) }
        }
        #expect(taken == Array(repeating: true, count: 18))
        record.late = Array(reports[..<AttemptRecord.maximumLate])
        record.lateTotal = 18
        try holds(store.read { [record] in try $0.attempt(record.id) } == record)
        let missing = AttemptID(run: Sample.id(1), node: "Z", attempt: 1)
        try await holds(store.commit { try $0.recordLate(reports[0], of: missing) } == false)
      }
      await #expect(throws: Oops.self) {
        try await store.commit { writer in
          let report = LateReport(time: writer.now, sender: "w", outcome: .killed)
          holds(try writer.recordLate(report, of: Sample.attempt(1, "A").id))
          throw Oops()
        }
      }
      try holds(store.read { try $0.attempt(Sample.attempt(1, "A").id) }?.lateTotal == 18)
    }
  }

  @Test("RE2, RE75, RE94: a node keeps its chain", arguments: StoreKind.all)
  func chains(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var plain = Sample.node(1, "A", 0)
      var rerun = Sample.node(1, "B", 1)
      rerun.isHeld = true
      try await store.commit { [plain, rerun] in
        try $0.insertRun(Sample.run(1), nodes: [plain, rerun])
      }
      try holds(store.read { try $0.nodes(of: Sample.id(1)) } == [plain, rerun])
      plain.status = .running
      plain.attempts = 2
      plain.chain.first = 1
      plain.chain.began = Timestamp(milliseconds: 8)
      rerun.isHeld = false
      rerun.isObsolete = true
      rerun.status = .waiting
      rerun.attempts = 5
      rerun.chain = NodeChain(cause: .handler)
      rerun.chain.first = 4
      rerun.chain.began = Timestamp(milliseconds: 9)
      rerun.chain.call = Sample.call
      rerun.chain.keepsFinished = true
      rerun.chain.pauseIsOver = true
      for outcome in [nil, false, true] {
        rerun.outcomeToCome = NodeEnding(
          status: outcome == nil ? .failed : .completed,
          reason: outcome == nil ? "exit_nonzero" : nil, outcome: outcome)
        try await store.commit { [plain, rerun] writer in
          try writer.updateNode(plain)
          try writer.updateNode(rerun)
        }
        try holds(store.read { try $0.nodes(of: Sample.id(1)) } == [plain, rerun])
      }
    }
  }

  @Test("RE109: items put under keys of their index", arguments: StoreKind.all)
  func puts(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let batch = TokenPutBatch(
        source: Sample.itemAttempt(1, 7).id,
        entries: [.init(key: "k", value: "v"), .init(key: "[0]", value: "")])
      let long = TokenPutBatch(
        source: Sample.itemAttempt(1, 7).id,
        entries: [.init(key: String(repeating: "k", count: 1022), value: "")])
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1), nodes: [Sample.node(1, "A", 0)])
        try writer.insertAttempt(Sample.attempt(1, "A"))
        try writer.putToken(batch, limits: TokenLimits(), exempt: false)
      }
      let puts = try store.read { try $0.tokenPuts(of: Sample.id(1), TokenPutQuery(limit: 9)) }
      #expect(puts.map(\.key) == ["k[7]", "[0][7]"])
      #expect(puts.allSatisfy { $0.node == "A" && $0.attempt == 1 })
      try holds(store.token(of: Sample.id(1))?.account.usedBytes == 11)
      let error = await #expect(throws: BatonError.self) {
        try await store.commit { try $0.putToken(long, limits: TokenLimits(), exempt: false) }
      }
      #expect(error?.reason == "token_key_invalid")
      let graph = Sample.graph
      let keys = try [7, 0].map { index in
        try store.tokenView(
          of: Sample.id(1), at: .item(node: "A", attempt: 1, index: index), graph: { _ in graph }
        ) { try $0.all().map(\.key) }
      }
      #expect(keys == [["[0][7]", "k[7]"], []])
    }
  }
}
