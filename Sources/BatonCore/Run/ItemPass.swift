internal import HeapModule

/// A pass over the items of a `for_each` node that is under way (RE106).
struct ItemPass: Sendable {
  /// Elements of its list.
  var count: Int
  /// Items that may start now, by index.
  var due = Heap<Int>()
  /// Items in a delay, the earliest end first.
  var waiting = Heap<Wait>()
  /// Attempts that are RUNNING, by index of their item.
  var running: [Int: AttemptRecord] = [:]
  /// Items that had attempts in this pass that ended, by index.
  var counts: [Int: ChainCount] = [:]
  /// Whether no item starts any more: one FAILED (`fail_fast`), or the pass is being ended.
  var isStopped = false
  /// The wake that the driver was asked for; nil: none.
  var wake: Timestamp?

  struct Wait: Comparable, Sendable {
    var time: Timestamp
    var index: Int

    static func < (left: Wait, right: Wait) -> Bool {
      left.time == right.time ? left.index < right.index : left.time < right.time
    }
  }

  /// Whether no item runs or will start.
  var isOver: Bool {
    running.isEmpty && (isStopped || due.isEmpty && waiting.isEmpty)
  }

  /// Has the items start whose delay is over.
  mutating func release(until now: Timestamp) {
    while let first = waiting.min, first.time <= now {
      waiting.removeMin()
      due.insert(first.index)
    }
  }
}
