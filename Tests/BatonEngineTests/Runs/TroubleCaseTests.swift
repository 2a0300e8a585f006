import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// What cannot be done now is done later; it never fails a node (reliability R4).
@Suite("Trouble that passes", .timeLimit(.minutes(1))) struct TroubleCaseTests {
  @Test("an executor without room: launches, kills and token files wait")
  func executor() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: puts}
          - {name: B, program: block, after: [A]}
          """, programs: "puts: {type: COMMAND, argv: [puts, \"0\", \"k=1\"]}")
      house.programs.refuse(.launch, times: 2)
      house.programs.refuse(.readFile, times: 2)
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "B")
      #expect(try await house.value(run, "k") == "1")
      #expect(house.programs.refusalsLeft(.launch) == 0)
      #expect(house.programs.refusalsLeft(.readFile) == 0)
      house.programs.refuse(.kill, times: 2)
      try await house.stop(run)
      try await house.end(of: run)
      #expect(house.programs.refusalsLeft(.kill) == 0)
      #expect(try await house.letters(run, "A B") == "C K")
      #expect(try house.attempts(run, of: "A").count == 1)
    }
  }

  @Test("a kill takes back a launch that waits for room")
  func killWaitingLaunch() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      house.programs.refuse(.launch, times: 1_000)
      let run = try await house.trigger()
      try await house.node("A", of: run, is: "RUNNING")
      try await house.stop(run)
      try await house.end(of: run)
      #expect(try await house.letters(run, "A") == "K")
      #expect(try house.attempts(run, of: "A").first?.ending?.means == .neverStarted)
      #expect(house.programs.launches(of: "A").isEmpty)
    }
  }

  @Test("a token that cannot be read: templates, expressions and puts of conditions wait")
  func token() async throws {
    try await House.with(.memory) { house in
      let store = TroubledStore(house.engineStore)
      try await house.engine(store: store) { engine in
        try await engine.deploy(
          nodes: """
            - {name: A, program: puts}
            - {name: B, program: shows, after: [A]}
            - name: C
              after: [B]
              condition: {argv: [block], put: {c: "${token.k}"}}
            - {name: D, after: [C.true], condition: {expr: "token('c') = '1'"}}
            - {name: E, program: ok, after: [D.true]}
            """,
          programs: """
            puts: {type: COMMAND, argv: [puts, "0", "k=1"]}
            shows: {type: COMMAND, argv: [puts, "0", "b=${token.k}"]}
            """)
        store.refuseTokens(3)
        let run = try await engine.trigger()
        _ = await engine.programs.launch(of: "C")
        #expect(store.tokenRefusalsLeft == 0)
        store.refuseTokens(2)
        await engine.programs.finish("C")
        try await engine.end(of: run)
        #expect(store.tokenRefusalsLeft == 0)
        #expect(try await engine.letters(run, "A B C D E") == "C C C C C")
        #expect(try await engine.value(run, "b") == "1")
        #expect(try await engine.value(run, "c") == "1")
      }
    }
  }

  @Test("an order to a run that waits for the store is answered with the reason")
  func parked() async throws {
    try await House.with(.memory) { house in
      let store = TroubledStore(house.engineStore)
      try await house.engine(store: store) { engine in
        try await engine.deploy(nodes: "- {name: A, program: block}")
        let run = try await engine.trigger()
        _ = await engine.programs.launch(of: "A")
        store.refuse(1, .diskFull)
        await #expect(throws: StoreError.diskFull) {
          _ = try await engine.order(.suspend, to: run)
        }
        try await engine.stop(run)
        try await engine.end(of: run)
        #expect(try engine.stored(run).status == .killed)
      }
    }
  }
}
