internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Testing

@Suite("Pages of tokens")
struct PagingTests {
  @Test("TK-38: all pages show the state of the first", arguments: StoreKind.allCases)
  func keys(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let entries = (0..<250).map { Wire.TokenPut(key: "k\(1000 + $0)", value: "\($0)") }
      try await fixture.put(.init(entries: entries), as: a.credential)
      var request = Wire.ListTokensRequest(run: .init(runID: run.description), pageSize: 100)
      var sizes: [Int] = []
      var seen: [String] = []
      repeat {
        let page = try await fixture.list(request)
        sizes.append(page.keys.flatMap(\.entries).count)
        seen += page.keys.flatMap(\.entries).map(\.value)
        #expect(page.asOfSeq == 250 && page.usedBytes == 250 * 5 + 640)
        request.pageToken = page.nextPageToken
        try await fixture.put(a, ["k1150": "new", "k1150x": "new", "a": "new"])
      } while !request.pageToken.isEmpty
      #expect(sizes == [100, 100, 50])
      #expect(seen == (0..<250).map(String.init))
    }
  }

  @Test("TK-38: pages of a node", arguments: StoreKind.allCases)
  func node(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let entries = (0..<5).map { Wire.TokenPut(key: "k\(9 - $0)", value: "\($0)") }
      try await fixture.put(.init(entries: entries), as: a.credential)
      var request = Wire.GetNodeTokenRequest(node: "A", pageSize: 2)
      var seen: [[String]] = []
      repeat {
        let page = try await fixture.node(request, as: a.credential)
        seen.append(page.entries.map(\.value))
        #expect(page.asOfSeq == 5)
        request.pageToken = page.nextPageToken
        try await fixture.put(a, ["k5": "new", "z": "new"])
      } while !request.pageToken.isEmpty
      #expect(seen == [["0", "1"], ["2", "3"], ["4"]])
    }
  }

  @Test("T56: the entries of a key may be split over pages", arguments: StoreKind.allCases)
  func splitKey(_ kind: StoreKind) async throws {
    let graph = ["A", "B", "C"]
    try await TokenFixture.with(kind, graph) { fixture in
      let run = try await fixture.run()
      for node in graph.reversed() {
        let attempt = try await fixture.begin(run, node)
        try await fixture.put(attempt, ["j": node, "k": node])
      }
      var request = Wire.ListTokensRequest(run: .init(runID: run.description), pageSize: 2)
      var pages: [[String]] = []
      repeat {
        let page = try await fixture.list(request)
        pages.append(page.keys.map { "\($0.key)=" + $0.entries.map(\.value).joined() })
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(pages == [["j=AB"], ["j=C", "k=A"], ["k=BC"]])
    }
  }

  @Test("T56: a page ends before it passes its bound in bytes", arguments: StoreKind.allCases)
  func bytes(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      for index in 0..<6 {
        try await fixture.put(a, ["k\(index)": String(repeating: "v", count: 1_048_576)])
      }
      var request = Wire.ListTokensRequest(run: .init(runID: run.description))
      var sizes: [Int] = []
      repeat {
        let page = try await fixture.list(request)
        sizes.append(page.keys.count)
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(sizes == [3, 3])
    }
  }

  @Test("a page token belongs to its listing", arguments: StoreKind.allCases)
  func foreign(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let other = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["j": "1", "k": "1"])
      let ref = Wire.RunRef(runID: run.description)
      let token = try await fixture.list(.init(run: ref, pageSize: 1)).nextPageToken
      #expect(!token.isEmpty)
      for request in [
        Wire.ListTokensRequest(run: ref, scope: .system, pageToken: token),
        .init(run: ref, viewpoint: .init(atNode: "A"), pageToken: token),
        .init(run: .init(runID: other.description), pageToken: token),
        .init(run: ref, key: "j", pageToken: token),
        .init(run: ref, pageToken: "AAAA"),
      ] {
        await refused(.invalidArgument, "page_token_invalid") {
          _ = try await fixture.list(request)
        }
      }
      await refused(.invalidArgument, "page_token_invalid") {
        _ = try await fixture.node(.init(run: ref, node: "A", pageToken: token))
      }
      // The page size may change between pages.
      let rest = try await fixture.list(.init(run: ref, pageSize: 7, pageToken: token))
      #expect(rest.keys.map(\.key) == ["k"] && rest.nextPageToken.isEmpty)
    }
  }
}
