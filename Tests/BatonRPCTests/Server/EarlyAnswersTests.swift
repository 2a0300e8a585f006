import BatonCore
import BatonRPC
import BatonWire
import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing

private typealias Service = TestService

@Suite("What leaves before all of a read is done", .timeLimit(.minutes(1)))
struct EarlyAnswersTests {
  @Test("the answers to the first of many calls do not wait for the last ones")
  func answers() async throws {
    let service = TestService()
    try await withServer(service) { _, endpoint in
      let peer = try await RawPeer.connect(to: endpoint)
      var calls = ByteBuffer()
      for number in 0..<50 as Range<UInt32> {
        let method = number == 49 ? Service.block : Service.echo
        try calls.writeRequest(
          id: 2 * number + 1, method: method, timeoutNanoseconds: 0, metadata: [],
          message: Text("\(number)"))
      }
      try await peer.send(calls)
      for number in 0..<50 as Range<UInt32> {
        // Only now may the handler go on that holds up the end of the read.
        if number == 32 { service.unblocked.signal() }
        let response = try await peer.receiveResponse()
        #expect(response == RawResponse(id: 2 * number + 1, code: 0, text: "\(number)"))
      }
      await peer.close()
    }
  }

  @Test("the calls that follow the first of many answers do not wait for the last ones")
  func requests() async throws {
    let accepted = AsyncStream<RawPeer.AcceptedPeer>.makeStream()
    let (listener, endpoint) = try await RawPeer.listen { accepted.continuation.yield($0) }
    // Of its own: its event loop will be blocked.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let connection = try await RPCConnection.connect(to: endpoint, on: group.next())
    var peers = accepted.stream.makeAsyncIterator()
    let peer = try #require(await peers.next()).peer
    let call = try PreparedCall(Service.echo, Text("x"), timeout: .seconds(30))
    let callers = (0..<50).map { Caller(connection, call, blocks: $0 == 49) }
    for caller in callers { connection.call(call, caller) }
    var answers = ByteBuffer()
    for _ in callers {
      let (header, _) = try #require(await peer.receiveFrame())
      try answers.writeResponse(id: header.streamID, message: Text("x"))
    }
    try await peer.send(answers)
    for _ in 0..<32 { _ = try #require(await peer.receiveFrame()) }
    callers[49].unblocked.signal()
    for _ in 32..<50 { _ = try #require(await peer.receiveFrame()) }
    await connection.close()
    #expect(!callers[49].isLate)
    try await listener.close()
    try await group.shutdownGracefully()
  }
}

/// Follows the answer to its call with another call; one of them keeps its event loop waiting.
private final class Caller: AnswerReceiver {
  let unblocked = DispatchSemaphore(value: 0)
  /// Whether it was kept waiting to the end.
  var isLate: Bool { wasLate.load(ordering: .sequentiallyConsistent) }
  private let wasLate = Atomic(false)
  private let connection: RPCConnection
  private let next: PreparedCall
  private let blocks: Bool

  init(_ connection: RPCConnection, _ next: PreparedCall, blocks: Bool) {
    self.connection = connection
    self.next = next
    self.blocks = blocks
  }

  func succeed(_ payload: ByteBuffer) {
    if blocks, unblocked.wait(timeout: .now() + .seconds(10)) != .success {
      wasLate.store(true, ordering: .sequentiallyConsistent)
    }
    connection.call(next, self)
  }

  func fail(_ error: any Error) {}
}
