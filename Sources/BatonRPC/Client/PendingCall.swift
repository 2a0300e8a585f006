package import NIOCore
internal import Synchronization

/// A call of a client that waits for its answer.
struct PendingCall: Sendable {
  /// Who waits; a class, so that the table of calls knows the size of its elements.
  var receiver: any AnswerReceiver
  /// When the answer has to be there; nil: whenever.
  var deadline: NIODeadline?

  func succeed(_ payload: ByteBuffer) { receiver.succeed(payload) }
  func fail(_ error: any Error) { receiver.fail(error) }
}

/// Takes what the server answers to one call.
package protocol AnswerReceiver: AnyObject, Sendable {
  /// Takes the encoded message of a single response; a stream takes it as its end.
  func succeed(_ payload: ByteBuffer)
  /// Takes the error that ends the call.
  func fail(_ error: any Error)
}

/// A task that waits for a single response.
final class WaitingTask: AnswerReceiver {
  private let continuation: CheckedContinuation<ByteBuffer, any Error>

  init(_ continuation: CheckedContinuation<ByteBuffer, any Error>) {
    self.continuation = continuation
  }

  func succeed(_ payload: ByteBuffer) { continuation.resume(returning: payload) }
  func fail(_ error: any Error) { continuation.resume(throwing: error) }
}

/// A single response to a client stream, which is waited for after the stream was written.
extension OneShot: AnswerReceiver where Value == ByteBuffer {
  func succeed(_ payload: ByteBuffer) { complete(.success(payload)) }
  func fail(_ error: any Error) { complete(.failure(error)) }
}

extension InboundStream: AnswerReceiver {
  func succeed(_ payload: ByteBuffer) { finish() }
  func fail(_ error: any Error) { finish(error) }
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
