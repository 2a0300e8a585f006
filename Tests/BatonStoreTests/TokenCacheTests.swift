import BatonCore
import BatonStore
import Testing

@Suite("Token cache")
struct TokenCacheTests {
  private static func token(_ number: Int, bytes: Int = 0) -> TokenSnapshot {
    var token = TokenSnapshot(
      run: TokenSnapshot.Run(Sample.run(number).header), status: .running)
    if bytes > 0 { token.apply(put(1, String(repeating: "v", count: bytes))) }
    return token
  }

  private static func put(_ seq: UInt64, _ value: String) -> TokenPut {
    TokenPut(
      seq: seq, scope: .user, key: "k", node: "A", attempt: 1, value: value,
      time: Timestamp(milliseconds: 1))
  }

  @Test("T41: a slow reader does not bring back an older token that was let go meanwhile")
  func slowReader() throws {
    let cache = TokenCache(bytes: 8192, shards: 1)
    let run = Sample.id(1)
    let found = try cache.token(of: run) {
      let old = Self.token(1)
      // Another reader is quicker, a put is committed, and other tokens need the room.
      _ = try cache.token(of: run) { old }
      cache.apply([.put(run, Self.put(1, "new"))])
      for number in 2...9 {
        _ = try cache.token(of: Sample.id(number)) { Self.token(number, bytes: 2000) }
      }
      #expect(cache.resident(run) == nil)
      return old
    }
    #expect(found?.account.lastSeq == 1)
    #expect(cache.resident(run)?.account.lastSeq == 1)
  }

  @Test("what arrives while a token is loaded without a thread is applied to it")
  func loading() async throws {
    let cache = TokenCache(bytes: 8192, shards: 1)
    let run = Sample.id(1)
    let found = try await cache.token(of: run) {
      await Task.yield()
      cache.apply([.put(run, Self.put(1, "new"))])
      return Self.token(1)
    }
    #expect(found?.account.lastSeq == 1)
    await #expect(throws: Oops.self) {
      _ = try await cache.token(of: Sample.id(2)) {
        await Task.yield()
        throw Oops()
      }
    }
    let missing = try await cache.token(of: Sample.id(2)) {
      await Task.yield()
      return nil
    }
    #expect(missing == nil)
  }
}
