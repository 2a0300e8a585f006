import BatonCore
import BatonEngine
import BatonStore
import BatonWire
import Synchronization
import Testing

/// A store that refuses units while it is told to.
final class TroubledStore: Store {
  private let base: any Store
  private let refusals = Mutex<(count: Int, error: StoreError)>((0, .diskFull))
  private let tokenRefusals = Mutex(0)
  /// Units that are taken before any is refused.
  private let taken = Mutex(0)
  /// Units refused so far.
  private let refused = Mutex(0)

  init(_ base: any Store) { self.base = base }

  /// Refuses the next units.
  func refuse(_ count: Int, _ error: StoreError) { refusals.withLock { $0 = (count, error) } }

  /// Takes some more units, and none after them, as if the process had been killed.
  func cut(after count: Int) {
    refusals.withLock { $0 = (.max, .closed) }
    taken.withLock { $0 = count }
  }

  /// Cannot read the next tokens.
  func refuseTokens(_ count: Int) { tokenRefusals.withLock { $0 = count } }

  var tokenRefusalsLeft: Int { tokenRefusals.withLock { $0 } }

  var refusedCount: Int { refused.withLock { $0 } }

  func submit<Value: Sendable>(
    _ unit: @escaping @Sendable (any StoreWriter) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    let error = refusals.withLock { state -> StoreError? in
      guard state.count > 0 else { return nil }
      let isTaken = taken.withLock { left in
        defer { left = max(0, left - 1) }
        return left > 0
      }
      guard !isTaken else { return nil }
      state.count -= 1
      return state.error
    }
    guard let error else { return base.submit(unit, completion: completion) }
    refused.withLock { $0 += 1 }
    base.submit({ _ in }, completion: { _ in completion(.failure(error)) })
  }

  func read<Value>(_ body: (any StoreReader) throws -> Value) throws -> Value {
    try base.read(body)
  }

  func readAsync<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    try await base.readAsync(body)
  }

  func token(of run: RunID, history: Bool) throws -> TokenSnapshot? {
    let isRefused = tokenRefusals.withLock { left in
      defer { left = max(0, left - 1) }
      return left > 0
    }
    if isRefused { throw StoreError.diskFull }
    return try base.token(of: run, history: history)
  }

  var changes: ChangeFeed { base.changes }
  var counters: CommitCounters { base.counters }
  var health: StoreHealth { base.health }
  func statistics() throws -> StoreStatistics { try base.statistics() }
  func close() async { await base.close() }
}

@Suite("A store in trouble", .timeLimit(.minutes(1))) struct StoreTroubleTests {
  @Test(
    "runs wait for the store and go on by themselves (reliability R4)",
    arguments: Deployment.allCases, [StoreError.diskFull, .readOnly, .overloaded])
  func goesOn(deployment: Deployment, error: StoreError) async throws {
    try await House.with(deployment) { house in
      let store = TroubledStore(house.engineStore)
      try await house.engine(slots: 1, store: store) { engine in
        try await engine.deploy(
          nodes: """
            - {name: A, program: block}
            - {name: B, program: ok, after: [A]}
            - {name: C, program: ok, after: [A]}
            """)
        let run = try await engine.trigger()
        _ = await engine.programs.launch(of: "A")
        store.refuse(2, error)
        await engine.programs.finish("A")
        try await engine.end(of: run)
        #expect(store.refusedCount == 2)
        #expect(try await engine.letters(run, "A B C") == "C C C")
        #expect(engine.programs.launches(of: "B").count == 1)
        // No slot was lost.
        let next = try await engine.trigger()
        await engine.programs.finish("A", at: 2)
        try await engine.end(of: next)
      }
    }
  }

  @Test("calls answer what the state of the store means")
  func calls() async throws {
    try await House.with(.memory) { house in
      let store = TroubledStore(house.engineStore)
      try await house.engine(store: store) { engine in
        store.refuse(1, .diskFull)
        _ = await refused("disk_full", .resourceExhausted) {
          try await engine.deploy(nodes: "- {name: A, program: ok}")
        }
        try await engine.deploy(nodes: "- {name: A, program: ok}")
        store.refuse(1, .readOnly)
        _ = await refused("store_read_only", .unavailable) { _ = try await engine.trigger() }
        store.refuse(1, .overloaded)
        _ = await refused("unavailable", .unavailable) { _ = try await engine.trigger() }
        store.refuse(1, .damaged("secret path"))
        let error = await refused("internal", .internal) { _ = try await engine.trigger() }
        #expect(error?.description.contains("secret path") == false)
      }
    }
  }
}
