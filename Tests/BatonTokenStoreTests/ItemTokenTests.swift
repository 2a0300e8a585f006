internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Crypto
internal import Foundation
internal import Testing

extension TokenFixture {
  /// Records the start of an attempt of an item of a pass.
  fileprivate func begin(
    _ pass: Attempt, _ index: Int, _ number: Int = 1
  ) async throws -> Attempt {
    let text = (0..<43).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "a" }
    let credential = String(text)
    var id = pass.id
    id.item = .init(index: index, attempt: number)
    var record = AttemptRecord(id: id, cause: .first, chain: 1, started: Self.start)
    record.credentialHash = Array(SHA256.hash(data: Data(credential.utf8)))
    try await store.commit { [record] in try $0.insertAttempt(record) }
    return Attempt(id: id, credential: credential)
  }

  /// Records the end of an attempt, whose node goes on.
  fileprivate func finish(_ attempt: Attempt) async throws {
    try await store.commit { writer in
      guard var record = try writer.attempt(attempt.id) else { return }
      record.status = .completed
      try writer.updateAttempt(record)
    }
  }

  /// All that an attempt sees, as `key=value`.
  fileprivate func sight(_ attempt: Attempt) async throws -> [String] {
    let answer = try await list(.init(), as: attempt.credential)
    return answer.keys.flatMap { key in key.entries.map { "\(key.key)=\($0.value)" } }
  }
}

@Suite("Tokens of items")
struct ItemTokenTests {
  @Test(
    "RE109: an item puts under its index, and sees ancestors and itself",
    arguments: StoreKind.allCases)
  func views(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["A", "B: A"]) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["a": "1"])
      try await fixture.end(a)
      let pass = try await fixture.begin(run, "B")
      try await fixture.put(pass, ["own": "0"])
      let zero = try await fixture.begin(pass, 0)
      let ten = try await fixture.begin(pass, 10)
      try await fixture.put(zero, ["k": "zero", "b[10]": "x"])
      try await fixture.put(ten, ["k": "ten"])
      #expect(try await fixture.sight(zero) == ["a=1", "b[10][0]=x", "k[0]=zero"])
      #expect(try await fixture.sight(ten) == ["a=1", "k[10]=ten"])
      let key = try await fixture.get(.init(key: "k[10]"), as: ten.credential)
      #expect((key.value, key.node, key.attempt) == ("ten", "B", 1))
      await refused(.notFound, "token_key_not_found") {
        _ = try await fixture.get(.init(key: "k[0]"), as: ten.credential)
      }
      let node = try await fixture.list(run, "k[0]")
      #expect(node == ["B:zero"])
      #expect(
        try await fixture.sight(pass) == ["a=1", "b[10][0]=x", "k[0]=zero", "k[10]=ten", "own=0"])
      // What its index has put stays in sight of its later attempts.
      try await fixture.finish(ten)
      let again = try await fixture.begin(pass, 10, 2)
      #expect(try await fixture.sight(again) == ["a=1", "k[10]=ten"])
    }
  }

  @Test("T22: the credential of an item ends with its attempt", arguments: StoreKind.allCases)
  func ends(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let pass = try await fixture.begin(run, "A")
      let item = try await fixture.begin(pass, 3)
      let other = try await fixture.begin(pass, 4)
      try await fixture.put(item, ["k": "1"])
      _ = try await fixture.sight(item)
      try await fixture.finish(item)
      await refused(.permissionDenied, "attempt_ended") {
        try await fixture.put(item, ["k": "2"])
      }
      await refused(.permissionDenied, "attempt_ended") { _ = try await fixture.sight(item) }
      try await fixture.put(other, ["k": "2"])
      try await fixture.set(run, .stopping)
      await refused(.permissionDenied, "attempt_ended") {
        try await fixture.put(other, ["k": "3"])
      }
      await refused(.permissionDenied, "attempt_ended") { _ = try await fixture.sight(other) }
    }
  }

  @Test("T23, T25: request ids and key sizes of items", arguments: StoreKind.allCases)
  func requests(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let pass = try await fixture.begin(run, "A")
      let item = try await fixture.begin(pass, 3)
      let other = try await fixture.begin(pass, 4)
      let first = try await fixture.put(item, ["k": "1"], requestID: "r")
      let same = try await fixture.put(item, ["k": "1"], requestID: "r")
      let elsewhere = try await fixture.put(other, ["k": "2"], requestID: "r")
      #expect((first.firstSeq, same.firstSeq, elsewhere.firstSeq) == (1, 1, 2))
      let long = String(repeating: "k", count: 1021)
      try await fixture.put(item, [long: ""])
      await refused(.invalidArgument, "token_key_invalid") {
        try await fixture.put(item, [long + "k": ""])
      }
    }
  }
}
