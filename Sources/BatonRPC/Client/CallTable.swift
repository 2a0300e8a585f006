/// The calls of a client connection that wait for answers, by stream id.
///
/// Ids rise by two, so their place in a ring is known; the few long calls that a later one meets at
/// its place are kept in a dictionary.
struct CallTable<Call>: ~Copyable {
  private struct Slot {
    var id: UInt32 = 0
    var call: Call?
  }

  private var ring: [Slot]
  private var others: [UInt32: Call] = [:]
  private let mask: Int
  private(set) var count = 0

  /// - Parameter capacity: About how many calls there are at a time.
  init(capacity: Int) {
    var size = 64
    while size < capacity { size *= 2 }
    mask = size - 1
    ring = (0..<size).map { _ in Slot() }
  }

  subscript(id: UInt32) -> Call? {
    let index = place(id)
    return ring[index].id == id ? ring[index].call : others[id]
  }

  func contains(_ id: UInt32) -> Bool {
    ring[place(id)].id == id || (!others.isEmpty && others[id] != nil)
  }

  mutating func insert(_ call: Call, at id: UInt32) {
    let index = place(id)
    count += 1
    if ring[index].id == 0 {
      ring[index] = Slot(id: id, call: call)
    } else {
      others[id] = call
    }
  }

  mutating func remove(_ id: UInt32) -> Call? {
    let index = place(id)
    if ring[index].id == id && id != 0 {
      count -= 1
      ring[index].id = 0
      return ring[index].call.take()
    }
    guard !others.isEmpty, let call = others.removeValue(forKey: id) else { return nil }
    count -= 1
    return call
  }

  mutating func removeAll() -> [Call] {
    let calls = ring.compactMap(\.call) + others.values
    for index in ring.indices { ring[index] = Slot() }
    others = [:]
    count = 0
    return calls
  }

  /// The calls for which a condition holds, with their ids.
  func filter(_ isIncluded: (Call) -> Bool) -> [UInt32] {
    var ids: [UInt32] = []
    for slot in ring {
      if let call = slot.call, isIncluded(call) { ids.append(slot.id) }
    }
    for (id, call) in others where isIncluded(call) { ids.append(id) }
    return ids
  }

  private func place(_ id: UInt32) -> Int {
    Int(id >> 1) & mask
  }
}
