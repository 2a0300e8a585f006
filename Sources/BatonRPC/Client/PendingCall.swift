internal import NIOCore
internal import Synchronization

/// A call of a client that waits for its answer.
struct PendingCall: Sendable {
  enum Receiver: Sendable {
    /// A single response.
    case response(CheckedContinuation<ByteBuffer, any Error>)
    /// A single response to a client stream, which is waited for after the stream was written.
    case lateResponse(OneShot<ByteBuffer>)
    case stream(InboundStream)
    /// A single response, given to a closure on the event loop.
    case callback(@Sendable (Result<ByteBuffer, any Error>) -> Void)
  }

  var receiver: Receiver
  /// When the answer has to be there; nil: whenever.
  var deadline: NIODeadline?

  func succeed(_ payload: ByteBuffer) {
    switch receiver {
    case .response(let continuation): continuation.resume(returning: payload)
    case .lateResponse(let response): response.complete(.success(payload))
    case .stream(let stream): stream.finish()
    case .callback(let callback): callback(.success(payload))
    }
  }

  func fail(_ error: any Error) {
    switch receiver {
    case .response(let continuation): continuation.resume(throwing: error)
    case .lateResponse(let response): response.complete(.failure(error))
    case .stream(let stream): stream.finish(error)
    case .callback(let callback): callback(.failure(error))
    }
  }
}

/// Connects the cancellation of a task with its call, whichever comes first.
final class CallTicket: Sendable {
  private let id = Atomic<UInt32>(0)
  private static let cancelled = UInt32.max

  init() {}

  /// Notes the id that the call was sent with.
  ///
  /// - Returns: Whether the task still wants the call.
  func sent(_ id: UInt32) -> Bool {
    self.id.compareExchange(expected: 0, desired: id, ordering: .acquiringAndReleasing).exchanged
  }

  /// - Returns: The call's id, if it was sent.
  func cancel() -> UInt32? {
    let id = self.id.exchange(Self.cancelled, ordering: .acquiringAndReleasing)
    return id == 0 || id == Self.cancelled ? nil : id
  }
}
