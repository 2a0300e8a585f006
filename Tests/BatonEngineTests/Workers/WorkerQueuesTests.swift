import BatonCore
import BatonEngine
import Testing

@Suite("Queues of workers match what is due with room, oldest first (CT21)")
struct WorkerQueuesTests {
  private static let queue = QueueName(namespace: "default", queue: "q")
  private var queues = WorkerQueues()

  /// Node `rank` of run `run`; run ids rise with the number.
  private func entry(
    _ run: Int64, _ rank: Int, program: String = "app/p", queue: QueueName = Self.queue
  ) -> WorkerQueues.Entry {
    WorkerQueues.Entry(
      run: RunID(milliseconds: 1_767_225_600_000 + run, sequence: 0, random: 7), rank: rank,
      node: "n\(rank)", queue: queue, program: program)
  }

  private mutating func open(
    _ worker: String, _ capacity: Int, _ programs: Set<String> = [], queue: QueueName = Self.queue
  ) -> WorkerStreamID {
    queues.open(queue, worker: worker, capacity: capacity, programs: programs)
  }

  /// Takes all that a stream may have now, as `run.rank`.
  private mutating func drain(_ stream: WorkerStreamID) -> [WorkerQueues.Entry] {
    var taken: [WorkerQueues.Entry] = []
    while let next = queues.next(for: stream) { taken.append(next.entry) }
    return taken
  }

  @Test("what waits goes to a new stream: oldest run first, then graph order")
  func order() {
    var copy = self
    let entries = [entry(2, 0), entry(1, 3), entry(3, 1), entry(1, 0), entry(2, 5)]
    for entry in entries { #expect(copy.queues.take(for: entry) == nil) }
    #expect(copy.queues.count == 5)
    let stream = copy.open("w", 10)
    let expected = [entry(1, 0), entry(1, 3), entry(2, 0), entry(2, 5), entry(3, 1)]
    #expect(copy.drain(stream) == expected)
    #expect(copy.queues.count == 0)
  }

  @Test("a stream never has more leases than its capacity", arguments: [1, 2, 1000])
  func capacity(_ capacity: Int) {
    var copy = self
    let stream = copy.open("w", capacity)
    var places: [WorkerPlace] = []
    for rank in 0..<(capacity + 3) {
      if let place = copy.queues.take(for: entry(1, rank)) { places.append(place) }
    }
    #expect(places.count == capacity)
    #expect(copy.queues.count == 3)
    #expect(copy.queues.next(for: stream) == nil)
    #expect(copy.queues.release(places[0]) == stream)
    #expect(copy.queues.next(for: stream)?.entry == entry(1, capacity))
    #expect(copy.queues.next(for: stream) == nil)
  }

  @Test("a stream takes only the programs and the queue that it named")
  func filters() {
    var copy = self
    let other = QueueName(namespace: "other", queue: "q")
    let resize = copy.open("w", 5, ["app/resize"])
    #expect(copy.queues.take(for: entry(1, 0)) == nil)
    #expect(copy.queues.take(for: entry(1, 1, queue: other)) == nil)
    #expect(copy.queues.take(for: entry(1, 2, program: "app/resize"))?.stream == resize)
    let all = copy.open("v", 5)
    #expect(copy.drain(all) == [entry(1, 0)])
    #expect(copy.queues.count == 1)
  }

  @Test("streams with room are served in turn")
  func turns() {
    var copy = self
    _ = copy.open("a", 2)
    _ = copy.open("b", 3)
    let workers = (0..<6).map { copy.queues.take(for: entry(1, $0))?.worker }
    #expect(workers == ["a", "b", "a", "b", "b", nil])
  }

  @Test("a node waits once, and not at all when its run has ended")
  func waitsOnce() {
    var copy = self
    for _ in 0..<3 { #expect(copy.queues.take(for: entry(1, 0)) == nil) }
    #expect(copy.queues.take(for: entry(2, 0)) == nil)
    #expect(copy.queues.count == 2)
    copy.queues.remove(entry(1, 0).run)
    #expect(copy.queues.count == 1)
    let stream = copy.open("w", 9)
    #expect(copy.drain(stream) == [entry(2, 0)])
  }

  @Test("a closed stream gets nothing, and its leases give no room back")
  func closing() {
    var copy = self
    let stream = copy.open("w", 1)
    let place = copy.queues.take(for: entry(1, 0))
    copy.queues.close(stream)
    #expect(copy.queues.take(for: entry(1, 1)) == nil)
    #expect(place.map { copy.queues.release($0) } == .some(nil))
    #expect(copy.queues.next(for: stream) == nil)
    #expect(copy.drain(copy.open("w", 1)) == [entry(1, 1)])
  }

  @Test("runs that end without a worker leave nothing behind")
  func bounded() {
    var copy = self
    for run in 1...5000 {
      #expect(copy.queues.take(for: entry(Int64(run), 0)) == nil)
      copy.queues.remove(entry(Int64(run), 0).run)
    }
    #expect(copy.queues.count == 0)
    #expect(copy.queues.entriesKept < 100)
  }
}
