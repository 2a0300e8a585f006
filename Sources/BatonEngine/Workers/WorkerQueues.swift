package import BatonCore
internal import DequeModule
internal import HeapModule

/// A queue from which workers lease attempts (CT20).
package struct QueueName: Hashable, Sendable {
  package var namespace: String
  package var queue: String

  package init(namespace: String, queue: String) {
    self.namespace = namespace
    self.queue = queue
  }
}

/// An open stream of a worker.
package struct WorkerStreamID: Hashable, Sendable {
  let number: UInt64
}

/// A place at a worker: one of the leases that its stream may have open.
package struct WorkerPlace: Hashable, Sendable {
  package let stream: WorkerStreamID
  /// The name that the worker gave itself.
  package let worker: String
}

/// What is due and waits for a worker, and the streams that have room (CT21).
///
/// Matches the two: oldest run first, then graph order; among streams with room, the one that was
/// served longest ago. As long as something waits, no stream that would take it has room.
package struct WorkerQueues: Sendable {
  /// A node that waits for a worker.
  package struct Entry: Hashable, Comparable, Sendable {
    package var run: RunID
    /// Its place in graph order.
    package var rank: Int
    package var node: String
    package var queue: QueueName
    /// The program, as `APP/PROGRAM`.
    package var program: String

    package init(run: RunID, rank: Int, node: String, queue: QueueName, program: String) {
      self.run = run
      self.rank = rank
      self.node = node
      self.queue = queue
      self.program = program
    }

    /// Oldest run first, whose ids rise with time, then graph order.
    package static func < (left: Entry, right: Entry) -> Bool {
      (left.run, left.rank) < (right.run, right.rank)
    }
  }

  private struct Stream {
    var queue: QueueName
    var worker: String
    /// Leases that may still be opened; never below zero.
    var room: Int
    /// The programs it takes; empty: all.
    var programs: Set<String>

    func takes(_ program: String) -> Bool { programs.isEmpty || programs.contains(program) }
  }

  private struct Queue {
    /// What waits, by program; entries that wait no more are dropped when they come up, or when
    /// there are many.
    var waiting: [String: Heap<Entry>] = [:]
    /// Streams with room, the one served longest ago first; each once.
    var free: Deque<WorkerStreamID> = []
    var streams = 0
  }

  private var queues: [QueueName: Queue] = [:]
  private var streams: [WorkerStreamID: Stream] = [:]
  /// What waits, by run and place in graph order.
  private var waiting: [RunID: [Int: Entry]] = [:]
  private var waitingCount = 0
  private var dropped = 0
  private var lastStream: UInt64 = 0

  package init() {}

  /// Streams that are open.
  package var openStreams: Int { streams.count }

  /// Nodes that wait for a worker.
  package var count: Int { waitingCount }

  /// What is in memory of them, with those that wait no more.
  package var entriesKept: Int {
    queues.values.reduce(0) { $0 + $1.waiting.values.reduce(0) { $0 + $1.count } }
  }

  // MARK: - Streams

  /// Adds a stream; `next(for:)` gives what it is to have at once.
  package mutating func open(
    _ queue: QueueName, worker: String, capacity: Int, programs: Set<String>
  ) -> WorkerStreamID {
    lastStream += 1
    let id = WorkerStreamID(number: lastStream)
    streams[id] = Stream(queue: queue, worker: worker, room: capacity, programs: programs)
    queues[queue, default: Queue()].streams += 1
    queues[queue]?.free.append(id)
    return id
  }

  /// Ends the supply of a stream; its leases live on (CT22).
  package mutating func close(_ id: WorkerStreamID) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    queues[stream.queue]?.free.removeAll { $0 == id }
    queues[stream.queue]?.streams -= 1
    removeIfUnused(stream.queue)
  }

  /// A lease of a stream is over, or was not granted after all.
  ///
  /// - Returns: The stream, if it is open: something may wait for it.
  package mutating func release(_ place: WorkerPlace) -> WorkerStreamID? {
    guard var stream = streams[place.stream] else { return nil }
    stream.room += 1
    streams[place.stream] = stream
    if stream.room == 1 { queues[stream.queue]?.free.append(place.stream) }
    return place.stream
  }

  // MARK: - Matching

  /// Takes a place for a node that is due; without one the node waits, once however often it is
  /// said.
  package mutating func take(for entry: Entry) -> WorkerPlace? {
    guard let free = queues[entry.queue]?.free,
      let index = free.firstIndex(where: { streams[$0]?.takes(entry.program) == true })
    else {
      wait(entry)
      return nil
    }
    forget(entry)
    return serve(free[index])
  }

  /// The node that waits longest for what a stream takes, with its place; nil: there is none, or
  /// the stream is full or closed.
  package mutating func next(for id: WorkerStreamID) -> (entry: Entry, place: WorkerPlace)? {
    guard let stream = streams[id], stream.room > 0, var queue = queues[stream.queue] else {
      return nil
    }
    queues[stream.queue] = nil
    var oldest: Entry?
    let programs = stream.programs.isEmpty ? Array(queue.waiting.keys) : Array(stream.programs)
    for program in programs {
      dropStale(&queue, program)
      guard let first = queue.waiting[program]?.min else { continue }
      if oldest.map({ first < $0 }) ?? true { oldest = first }
    }
    if let oldest { _ = queue.waiting[oldest.program]?.popMin() }
    queues[stream.queue] = queue
    guard let oldest else { return nil }
    forget(oldest)
    dropped -= 1
    return (oldest, serve(id))
  }

  /// Nothing of a run waits any more.
  package mutating func remove(_ run: RunID) {
    guard let entries = waiting.removeValue(forKey: run) else { return }
    waitingCount -= entries.count
    dropped += entries.count
    if dropped > 64 + 2 * waitingCount { compact() }
  }

  private mutating func wait(_ entry: Entry) {
    guard waiting[entry.run]?[entry.rank] == nil else { return }
    waiting[entry.run, default: [:]][entry.rank] = entry
    waitingCount += 1
    queues[entry.queue, default: Queue()].waiting[entry.program, default: Heap()].insert(entry)
  }

  /// The entry does not wait, although it may still be in the heap of its program.
  private mutating func forget(_ entry: Entry) {
    guard waiting[entry.run]?.removeValue(forKey: entry.rank) != nil else { return }
    if waiting[entry.run]?.isEmpty == true { waiting[entry.run] = nil }
    waitingCount -= 1
    dropped += 1
  }

  private func waits(_ entry: Entry) -> Bool { waiting[entry.run]?[entry.rank] == entry }

  private mutating func serve(_ id: WorkerStreamID) -> WorkerPlace {
    guard var stream = streams[id] else { preconditionFailure("stream \(id) has gone") }
    stream.room -= 1
    precondition(stream.room >= 0, "stream \(id) has no room")
    streams[id] = stream
    // The one served goes behind the others, or out of their row when it is full.
    if queues[stream.queue]?.free.first == id {
      queues[stream.queue]?.free.removeFirst()
    } else {
      queues[stream.queue]?.free.removeAll { $0 == id }
    }
    if stream.room > 0 { queues[stream.queue]?.free.append(id) }
    return WorkerPlace(stream: id, worker: stream.worker)
  }

  // MARK: - Tidying

  private mutating func dropStale(_ queue: inout Queue, _ program: String) {
    guard var heap = queue.waiting.removeValue(forKey: program) else { return }
    while let first = heap.min, !waits(first) {
      heap.removeMin()
      dropped -= 1
    }
    if !heap.isEmpty { queue.waiting[program] = heap }
  }

  private mutating func compact() {
    for name in Array(queues.keys) {
      for (program, heap) in queues[name]?.waiting ?? [:] {
        let live = heap.unordered.filter { waits($0) }
        queues[name]?.waiting[program] = live.isEmpty ? nil : Heap(live)
      }
      removeIfUnused(name)
    }
    dropped = 0
  }

  private mutating func removeIfUnused(_ name: QueueName) {
    guard let queue = queues[name], queue.streams == 0, queue.waiting.isEmpty else { return }
    queues[name] = nil
  }
}
