internal import BatonWire
internal import NIOCore

/// The frames of one connection that wait to be written, and the streams that wait for room.
///
/// A state machine without I/O; its owner keeps it under a lock. Whoever adds a frame while no
/// flush is under way has to ask the event loop for one: so a batch costs one wake-up.
struct Outbox {
  /// Frames not yet handed to the channel.
  var buffer = ByteBuffer()
  private(set) var isClosed = false
  /// Whether somebody will flush: a wake-up is under way, the event loop is reading, or the peer
  /// is behind.
  private var isFlushPending = false
  private var waiters: [RoomWaiter] = []
  private var lastTicket: UInt64 = 0
  private let highWaterMark: Int

  struct RoomWaiter {
    let ticket: UInt64
    let continuation: CheckedContinuation<Bool, Never>
  }

  init(highWaterMark: Int) {
    self.highWaterMark = highWaterMark
  }

  /// Whether a stream may add a message.
  var hasRoom: Bool { buffer.readableBytes < highWaterMark }

  /// Notes that a frame was added.
  ///
  /// - Returns: Whether the caller has to wake the event loop.
  mutating func needsWakeUp() -> Bool {
    if isFlushPending || isClosed { return false }
    isFlushPending = true
    return true
  }

  /// Says that a flush will follow without being asked for.
  mutating func promiseFlush() {
    isFlushPending = true
  }

  /// Takes what is there to be written.
  ///
  /// - Parameter spare: An empty buffer for the frames to come.
  /// - Returns: The frames, and the streams that have room now.
  mutating func take(replacingWith spare: ByteBuffer) -> (ByteBuffer, [RoomWaiter]) {
    isFlushPending = false
    let ready = waiters
    if !ready.isEmpty { waiters = [] }
    guard buffer.readableBytes > 0 else { return (ByteBuffer(), ready) }
    let full = buffer
    buffer = spare
    return (full, ready)
  }

  /// Drops what is there and refuses everything to come.
  ///
  /// - Returns: The streams to be told.
  mutating func close() -> [RoomWaiter] {
    isClosed = true
    buffer = ByteBuffer()
    defer { waiters = [] }
    return waiters
  }

  mutating func newTicket() -> UInt64 {
    lastTicket += 1
    return lastTicket
  }

  mutating func wait(_ waiter: RoomWaiter) {
    waiters.append(waiter)
  }

  mutating func removeWaiter(_ ticket: UInt64) -> CheckedContinuation<Bool, Never>? {
    guard let index = waiters.firstIndex(where: { $0.ticket == ticket }) else { return nil }
    return waiters.remove(at: index).continuation
  }
}

/// The side of a connection that tasks on any thread write to.
protocol OutboxOwner: AnyObject, Sendable {
  func withOutbox<Result: Sendable>(_ body: (inout Outbox) -> Result) -> Result
}

extension OutboxOwner {
  /// Waits until a stream may add a message.
  ///
  /// - Throws: `CancellationError`, when the task is cancelled or the connection closed.
  func waitForRoom() async throws {
    // Looked at again after a wait: all who waited are woken together, and the first may have
    // filled the room.
    while let ticket = withOutbox({ $0.hasRoom && !$0.isClosed ? nil : $0.newTicket() }) {
      try await waitForRoom(ticket)
    }
  }

  private func waitForRoom(_ ticket: UInt64) async throws {
    let hasRoom = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Bool? = withOutbox { outbox in
          if outbox.isClosed { return false }
          if outbox.hasRoom { return true }
          outbox.wait(Outbox.RoomWaiter(ticket: ticket, continuation: continuation))
          return nil
        }
        if let answer {
          continuation.resume(returning: answer)
        } else if Task.isCancelled {
          giveUp(ticket)
        }
      }
    } onCancel: {
      giveUp(ticket)
    }
    guard hasRoom else { throw CancellationError() }
  }

  private func giveUp(_ ticket: UInt64) {
    let continuation = withOutbox { $0.removeWaiter(ticket) }
    continuation?.resume(returning: false)
  }
}
