import BatonClient
import UnixSignals

/// Counts words for every node whose program is `words/count`.
@main
struct WordCount {
  static func main() async throws {
    let address = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:7600"
    try await withBatonClient(address: address) { client in
      var worker = Worker(client, queue: "text", options: .init(name: "counter", capacity: 8))
      worker.handle("words/count") { task in
        let words = try task.properties.string("text").split(separator: " ")
        for (index, _) in words.enumerated() {
          // What takes long says how far it is, and ends early when it is cancelled.
          try Task.checkCancellation()
          task.report(progress: 100 * (index + 1) / words.count)
        }
        return WorkerResult([TokenAssignment("words", Int64(words.count))])
      }
      try await run(worker)
    }
  }

  /// Works until a signal asks to stop and the attempts under way have ended.
  private static func run(_ worker: Worker) async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    try await withThrowingTaskGroup { group in
      group.addTask { try await worker.run() }
      group.addTask { for await _ in signals { worker.drain() } }
      try await group.next()
      group.cancelAll()
    }
  }
}
