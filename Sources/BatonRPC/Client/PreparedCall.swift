package import BatonCore
package import BatonWire
internal import NIOCore

/// A unary call encoded once and made any number of times: for load generators.
package struct PreparedCall: Sendable {
  /// The request frame, with stream id 0.
  fileprivate let frame: ByteBuffer
  fileprivate let timeout: TimeAmount

  /// - Parameters:
  ///   - method: The method.
  ///   - request: The message.
  ///   - timeout: The time that each call may take.
  ///   - metadata: The pairs sent along.
  /// - Throws: `deadline_exceeded`, `metadata_too_large`, `frame_too_large`.
  package init<Request: Message>(
    _ method: MethodDescriptor, _ request: Request, timeout: Duration,
    metadata: [Metadata.Element] = []
  ) throws(BatonError) {
    self.timeout = try RPCConnection.checked(timeout)
    try Metadata.check(metadata)
    var frame = ByteBuffer()
    try frame.writeRequest(
      id: 0, method: method, timeoutNanoseconds: self.timeout.nanoseconds, metadata: metadata,
      message: request)
    self.frame = frame
  }
}

extension RPCConnection {
  /// Makes a prepared call, without a task.
  ///
  /// - Parameters:
  ///   - call: The call.
  ///   - receiver: Takes the answer once, its message not decoded, on the connection's event loop.
  ///     There it must not block; calls that it makes leave together with those of other answers.
  ///     When the call cannot be sent, it gets the error before this method returns.
  package func call(_ call: PreparedCall, _ receiver: any AnswerReceiver) {
    let pending = PendingCall(receiver: receiver, deadline: .now() + call.timeout)
    do {
      _ = try send(pending, ticket: nil) { id, buffer throws(BatonError) in
        _ = buffer.writeWithUnsafeMutableBytes(
          minimumWritableBytes: call.frame.readableBytes
        ) { bytes in
          call.frame.withUnsafeReadableBytes { frame in
            bytes.copyMemory(from: frame)
            FrameHeader.store(streamID: id, in: bytes)
            return frame.count
          }
        }
      }
    } catch {
      receiver.fail(error)
    }
  }
}
