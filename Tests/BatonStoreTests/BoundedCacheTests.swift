import BatonStore
import Testing

@Suite("Bounded cache")
struct BoundedCacheTests {
  @Test("P11: what is in use stays when many others are looked at once")
  func secondChance() {
    var cache = BoundedCache<Int, String>(capacity: 10)
    cache.insert("kept", for: 0)
    for key in 1...1000 {
      #expect(cache.value(of: 0) == "kept")
      cache.insert("\(key)", for: key)
      #expect(cache.count <= 10)
    }
    #expect(cache.value(of: 1000) == "1000")
    #expect(cache.value(of: 500) == nil)
  }

  @Test("the bound is one of cost, and a key has one value")
  func cost() {
    var cache = BoundedCache<String, Int>(capacity: 100)
    cache.insert(1, for: "a", cost: 60)
    cache.insert(2, for: "b", cost: 40)
    #expect((cache.value(of: "a"), cache.value(of: "b")) == (1, 2))
    cache.insert(3, for: "a", cost: 50)
    #expect((cache.value(of: "a"), cache.value(of: "b"), cache.count) == (3, 2, 2))
    cache.insert(4, for: "c", cost: 101)
    #expect(cache.value(of: "c") == nil)
    cache.insert(5, for: "d", cost: 100)
    #expect((cache.value(of: "d"), cache.count) == (5, 1))
  }
}
