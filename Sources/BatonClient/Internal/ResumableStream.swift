internal import BatonCore

/// Opens a stream again after its connection was lost.
///
/// The caller below waits with growing pauses between connections; here only the number of
/// attempts without any progress is bounded.
enum ResumableStream {
  /// What the present attempt has achieved.
  final class Progress {
    fileprivate var isMade = false

    /// Something was received: a later loss is a new one.
    func made() { isMade = true }
  }

  /// An error of the reader, which is not to be taken for one of the stream.
  private struct ReaderFailure: Error {
    var error: any Error
  }

  private static let attemptsWithoutProgress = 5

  /// Runs `attempt` until it returns or fails for good.
  static func run(_ attempt: (Progress) async throws -> Void) async throws {
    var failures = 0
    while true {
      let progress = Progress()
      do {
        return try await attempt(progress)
      } catch let failure as ReaderFailure {
        throw failure.error
      } catch let error as BatonError where error.code == .unavailable {
        failures = progress.isMade ? 1 : failures + 1
        if failures >= attemptsWithoutProgress { throw error }
      }
      try Task.checkCancellation()
    }
  }

  /// Runs the reader's part of an attempt; its errors end the stream as they are.
  static func protect(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch {
      throw ReaderFailure(error: error)
    }
  }
}
