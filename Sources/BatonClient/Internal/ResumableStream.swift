internal import BatonCore

/// Opens a stream again after its connection was lost.
///
/// The caller below tries to connect for the time of recovery; here a server that is there and
/// ends the stream at once, as one does that is about to stop, is bounded by the same time.
struct ResumableStream: Sendable {
  /// How far the present attempt is.
  final class Progress {
    /// When the server was reached; nil: it was not.
    var began: ContinuousClock.Instant?
    /// Something was received.
    var isMade = false

    /// Whether the stream was there for some time, and not refused by a server that is about to
    /// stop: its loss is a new one then.
    fileprivate func wasStream(for time: Duration) -> Bool {
      isMade || began.map { ContinuousClock.now - $0 > time } == true
    }
  }

  /// An error of the reader, which is not to be taken for one of the stream.
  private struct ReaderFailure: Error {
    var error: any Error
  }

  private static let firstPause = Duration.milliseconds(50)

  private let recoveryTime: Duration
  private let connectionLost: (@Sendable (BatonError) -> Void)?

  init(_ options: ClientOptions) {
    recoveryTime = options.recoveryTime
    connectionLost = options.connectionLost
  }

  /// Runs `attempt` until it returns or fails for good.
  ///
  /// - Throws: What `attempt` throws; UNAVAILABLE `unavailable` when the server was lost and is
  ///   not back in time.
  func run(_ attempt: (Progress) async throws -> Void) async throws {
    var lost: ContinuousClock.Instant?
    var pause = Self.firstPause
    while true {
      let progress = Progress()
      do {
        return try await attempt(progress)
      } catch let failure as ReaderFailure {
        throw failure.error
      } catch let error as BatonError where error.code == .unavailable {
        // A server that was never reached is not lost.
        guard progress.began != nil || lost != nil else { throw error }
        if progress.wasStream(for: recoveryTime) { (lost, pause) = (nil, Self.firstPause) }
        if lost == nil { connectionLost?(error) }
        let since = lost ?? .now
        lost = since
        guard ContinuousClock.now - since < recoveryTime else { throw notBack(error) }
      }
      try await ContinuousClock().sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
  }

  private func notBack(_ error: BatonError) -> BatonError {
    BatonError(
      .unavailable, "unavailable",
      "the connection to the server was lost, and it is not back after \(recoveryTime): "
        + error.message,
      hint: "look whether the server runs, and repeat the command", cause: error)
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
