import BatonClient
import BatonCore
import BatonRPC
import BatonWire
import Foundation
import Synchronization

/// A queue that supplies what a test says, and remembers what workers said.
final class FakeQueue: Wire.WorkersService, Sendable {
  struct Said<Request: Sendable>: Sendable {
    var request: Request
    var authorization: String
  }

  private struct State {
    var streams: [[Wire.QueueItem]]
    var openings: [Wire.OpenQueueRequest] = []
    var beats: [Said<Wire.HeartbeatRequest>] = []
    var reports: [Said<Wire.ReportOutcomeRequest>] = []
  }

  private let state: Mutex<State>
  private let breaks: Bool
  private let cancelsAtBeat: Int?
  private let losesAtBeat: Int?
  private let refusal: BatonError?
  private let reportRefusal: BatonError?

  /// - Parameters:
  ///   - streams: What each stream brings.
  ///   - breaks: Whether a stream breaks once it has brought that; else it stays open.
  ///   - cancelsAtBeat: The heartbeat, from 1, whose answer is a cancel.
  ///   - losesAtBeat: The heartbeat, from 1, from which on the lease is lost.
  ///   - refusal: What opening is answered.
  ///   - reportRefusal: What reports with entries are answered.
  init(
    _ streams: [[Wire.QueueItem]], breaks: Bool = false, cancelsAtBeat: Int? = nil,
    losesAtBeat: Int? = nil, refusal: BatonError? = nil, reportRefusal: BatonError? = nil
  ) {
    state = Mutex(State(streams: streams))
    self.breaks = breaks
    self.cancelsAtBeat = cancelsAtBeat
    self.losesAtBeat = losesAtBeat
    self.refusal = refusal
    self.reportRefusal = reportRefusal
  }

  var openings: [Wire.OpenQueueRequest] { state.withLock(\.openings) }
  var beats: [Said<Wire.HeartbeatRequest>] { state.withLock(\.beats) }
  var reports: [Said<Wire.ReportOutcomeRequest>] { state.withLock(\.reports) }

  static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

  /// Serves a client within the process.
  func serve(_ body: (BatonClient) async throws -> Void) async throws {
    let transport = InProcessTransport(services: [(self as any Wire.WorkersService).definition])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await transport.run() }
      defer { transport.close() }
      try await body(BatonClient(caller: transport))
    }
  }

  func openQueue(
    _ request: Wire.OpenQueueRequest, _ call: ServerStreamCall<Wire.QueueItem>
  ) {
    if let refusal { return call.fail(refusal) }
    let items = state.withLock { state in
      state.openings.append(request)
      return state.streams.isEmpty ? [] : state.streams.removeFirst()
    }
    call.respond { [breaks] writer in
      for item in items { try await writer.send(item) }
      if breaks, !items.isEmpty { throw BatonError(.unavailable, "unavailable", "broken") }
      // Open until the client closes it.
      let (never, open) = AsyncStream.makeStream(of: Void.self)
      for await _ in never {}
      open.finish()
    }
  }

  func heartbeat(
    _ request: Wire.HeartbeatRequest, _ call: UnaryCall<Wire.HeartbeatResponse>
  ) {
    let count = state.withLock { state in
      state.beats.append(.init(request: request, authorization: call.authorization))
      return state.beats.count
    }
    if let losesAtBeat, count >= losesAtBeat {
      return call.fail(BatonError(.permissionDenied, "attempt_ended", "lost"))
    }
    let isCancelled = cancelsAtBeat.map { count >= $0 } ?? false
    call.reply(
      Wire.HeartbeatResponse(
        leaseUntil: Self.now() + 3000, cancelled: isCancelled,
        cancelReason: isCancelled ? "run_stopped" : "", graceMs: 0))
  }

  func reportOutcome(
    _ request: Wire.ReportOutcomeRequest, _ call: UnaryCall<Wire.ReportOutcomeResponse>
  ) {
    state.withLock { state in
      state.reports.append(.init(request: request, authorization: call.authorization))
    }
    if let reportRefusal, !request.entries.isEmpty { return call.fail(reportRefusal) }
    call.reply(Wire.ReportOutcomeResponse(status: request.outcome))
  }
}

extension UnaryCall {
  fileprivate var authorization: String { context.metadata["authorization"] ?? "" }
}
