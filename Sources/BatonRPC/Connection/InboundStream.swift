internal import BatonWire
internal import NIOCore
internal import Synchronization

/// Encoded messages received on one stream and not yet taken, up to a bound.
///
/// The connection pushes, one task takes. Beyond the bound the connection stops reading until the
/// task has caught up: the protocol has no flow control of its own for a stream.
final class InboundStream: Sendable {
  private struct State {
    var items = CircularBuffer<ByteBuffer>()
    var bytes = 0
    var isHoldingBack = false
    var end: End?
    var waiter: CheckedContinuation<ByteBuffer?, any Error>?
  }

  private enum End {
    case finished
    case failed(any Error)
  }

  private enum Taken {
    case item(ByteBuffer?, hasCaughtUp: Bool)
    case failure(any Error)
    case nothing
  }

  private let state = Mutex(State())
  private let limits: StreamLimits
  private let account: (any StreamAccount)?
  private let hasCaughtUp: @Sendable () -> Void

  /// An empty stream.
  ///
  /// - Parameters:
  ///   - limits: What is kept before the connection has to stop reading.
  ///   - account: Counts the bytes that are kept.
  ///   - hasCaughtUp: Called when the connection may read again.
  init(
    limits: StreamLimits, account: (any StreamAccount)? = nil,
    hasCaughtUp: @escaping @Sendable () -> Void
  ) {
    self.limits = limits
    self.account = account
    self.hasCaughtUp = hasCaughtUp
  }

  /// Bytes received and not yet taken.
  var bufferedBytes: Int { state.withLock { $0.bytes } }

  /// Adds a message.
  ///
  /// - Returns: Whether the connection has to stop reading.
  func push(_ payload: ByteBuffer) -> Bool {
    let (waiter, mustStop) = state.withLock { state in
      guard state.end == nil else {
        return (nil as CheckedContinuation<ByteBuffer?, any Error>?, false)
      }
      if let waiter = state.waiter {
        state.waiter = nil
        return (waiter, false)
      }
      // A small message must not keep the whole buffer that it arrived in.
      let isSmall = payload.readableBytes < 16_384
      state.items.append(isSmall ? ByteBuffer(copying: payload) : payload)
      state.bytes += payload.readableBytes
      account?.streamBytesChanged(payload.readableBytes)
      guard
        !state.isHoldingBack,
        state.items.count >= limits.messages || state.bytes >= limits.bytes
      else { return (nil, false) }
      state.isHoldingBack = true
      return (nil, true)
    }
    waiter?.resume(returning: payload)
    return mustStop
  }

  /// Ends the stream; what was received before an end without an error is still delivered.
  ///
  /// - Parameters:
  ///   - error: What the stream ends with; nil: its regular end.
  ///   - discarding: Whether what was received and not taken is dropped.
  func finish(_ error: (any Error)? = nil, discarding: Bool = false) {
    let (waiter, wasHoldingBack, discarded) = state.withLock { state in
      let discarded = discarding ? state.bytes : 0
      if discarding {
        state.items.removeAll()
        state.bytes = 0
      }
      let wasHoldingBack = state.isHoldingBack && state.items.isEmpty
      if wasHoldingBack { state.isHoldingBack = false }
      if state.end == nil || discarding {
        state.end = error.map { .failed($0) } ?? .finished
      }
      let waiter = state.waiter
      state.waiter = nil
      return (waiter, wasHoldingBack, discarded)
    }
    if discarded > 0 { account?.streamBytesChanged(-discarded) }
    if wasHoldingBack { hasCaughtUp() }
    guard let waiter else { return }
    if let error {
      waiter.resume(throwing: error)
    } else {
      waiter.resume(returning: nil)
    }
  }

  /// The next message, nil after the last; called by one task at a time.
  ///
  /// - Throws: the error that the stream ended with; `CancellationError`.
  func next() async throws -> ByteBuffer? {
    switch state.withLock({ take(&$0) }) {
    case .item(let item, let hasCaughtUp):
      taken(item, hasCaughtUp)
      return item
    case .failure(let error): throw error
    case .nothing: break
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let taken = state.withLock { state in
          let taken = take(&state)
          if case .nothing = taken { state.waiter = continuation }
          return taken
        }
        switch taken {
        case .item(let item, let hasCaughtUp):
          self.taken(item, hasCaughtUp)
          continuation.resume(returning: item)
        case .failure(let error): continuation.resume(throwing: error)
        case .nothing: if Task.isCancelled { giveUp() }
        }
      }
    } onCancel: {
      giveUp()
    }
  }

  private func taken(_ item: ByteBuffer?, _ hasCaughtUp: Bool) {
    if let item, let account, item.readableBytes > 0 {
      account.streamBytesChanged(-item.readableBytes)
    }
    if hasCaughtUp { self.hasCaughtUp() }
  }

  private func giveUp() {
    let waiter = state.withLock { state in
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(throwing: CancellationError())
  }

  private func take(_ state: inout State) -> Taken {
    if let item = state.items.popFirst() {
      state.bytes -= item.readableBytes
      guard
        state.isHoldingBack, state.items.count <= limits.messages / 2,
        state.bytes <= limits.bytes / 2
      else { return .item(item, hasCaughtUp: false) }
      state.isHoldingBack = false
      return .item(item, hasCaughtUp: true)
    }
    switch state.end {
    case nil: return .nothing
    case .finished: return .item(nil, hasCaughtUp: false)
    case .failed(let error): return .failure(error)
    }
  }
}

/// Counts what the streams of a connection keep.
protocol StreamAccount: AnyObject, Sendable {
  /// Notes that a stream keeps more bytes, or fewer.
  func streamBytesChanged(_ change: Int)
}

/// How much of a stream is kept that its reader has not taken yet.
package struct StreamLimits: Sendable, Hashable {
  /// The most messages.
  package var messages: Int
  /// The most bytes; one message more may be kept.
  package var bytes: Int

  package init(messages: Int = 64, bytes: Int = 1_048_576) {
    self.messages = messages
    self.bytes = bytes
  }
}
