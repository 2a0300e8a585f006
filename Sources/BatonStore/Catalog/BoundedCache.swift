/// Values kept in memory up to a total cost.
///
/// What was not used since the hand passed goes first (second chance), so what is in use stays
/// when many others are looked at once.
package struct BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Slot: Sendable {
    var key: Key
    var value: Value
    var cost: Int
    var isUsed = false
  }

  private var places: [Key: Int] = [:]
  private var slots: [Slot] = []
  private var hand = 0
  private var total = 0
  private let capacity: Int

  /// - Parameter capacity: The most that the values cost together.
  package init(capacity: Int) {
    self.capacity = capacity
  }

  /// How many values are kept.
  package var count: Int { slots.count }

  /// The value kept under a key; nil: none.
  package mutating func value(of key: Key) -> Value? {
    guard let place = places[key] else { return nil }
    slots[place].isUsed = true
    return slots[place].value
  }

  /// Keeps a value, unless it alone costs too much.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - key: Its key, under which nothing else is kept from now on.
  ///   - cost: What it costs, in the unit of the capacity.
  package mutating func insert(_ value: Value, for key: Key, cost: Int = 1) {
    if let place = places[key] { remove(place) }
    guard cost <= capacity else { return }
    while total + cost > capacity { removeOne() }
    places[key] = slots.count
    slots.append(Slot(key: key, value: value, cost: cost))
    total += cost
  }

  private mutating func removeOne() {
    while true {
      if hand >= slots.count { hand = 0 }
      guard slots[hand].isUsed else { return remove(hand) }
      slots[hand].isUsed = false
      hand += 1
    }
  }

  private mutating func remove(_ place: Int) {
    total -= slots[place].cost
    places[slots[place].key] = nil
    slots.swapAt(place, slots.count - 1)
    slots.removeLast()
    if place < slots.count { places[slots[place].key] = place }
  }
}
