import BatonCore
import BatonRPC
import BatonWire
import Foundation
import NIOCore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct DrainTests {
  private typealias Service = TestService

  @Test("WI-09 draining answers the 50 calls in flight, the 51st gets 14, then it closes")
  func drain() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, server in
      for id in 0..<50 as Range<UInt32> { try await peer.call(Service.wait, id * 2 + 1, "\(id)") }
      await service.started.wait(50)
      server.beginDrain(grace: .seconds(60))
      try await peer.call(Service.echo, 101)
      let refused = try await peer.receiveResponse()
      #expect(refused?.id == 101 && refused?.code == 14)
      #expect(refused?.text.hasPrefix("draining: ") == true)
      service.released.send()
      var answered: Set<UInt32> = []
      while let response = try await peer.receiveResponse() {
        #expect(response.code == 0)
        answered.insert(response.id)
      }
      #expect(answered.count == 50)
    }
  }

  @Test("FR14 a slow reader gets all 50 answers of 100 KB before its connection closes")
  func slowReader() async throws {
    let service = TestService()
    let accepted = Mutex<(any Channel)?>(nil)
    let options = RPCServerOptions.with {
      $0.channelInitializer = { channel in
        try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: 16_384)
        accepted.withLock { $0 = channel }
      }
    }
    try await withServer(service, options: options) { server, endpoint in
      let peer = try await RawPeer.connect(to: endpoint, isReading: false)
      let text = String(repeating: "z", count: 100_000)
      for id in 0..<50 as Range<UInt32> { try await peer.call(Service.wait, id * 2 + 1, text) }
      await service.started.wait(50)
      // More than the sockets take: what is answered from now on waits in the outbox.
      try await peer.call(Service.size, 1_001, "4000000")
      let channel = try #require(accepted.withLock { $0 })
      while channel.isWritable, !Task.isCancelled { await Task.yield() }
      service.released.send()
      while server.statistics.outboundBytes < 5_000_000, !Task.isCancelled { await Task.yield() }
      server.beginDrain(grace: .seconds(60))
      while server.statistics.activeCalls > 0, !Task.isCancelled { await Task.yield() }
      try await peer.channel.setOption(.autoRead, value: true).get()
      #expect(try await peer.receiveResponse()?.text.utf8.count == 4_000_000)
      var answered: Set<UInt32> = []
      while let response = try await peer.receiveResponse() {
        #expect(response.code == 0 && response.text == text)
        answered.insert(response.id)
      }
      #expect(answered.count == 50)
    }
  }

  @Test("FR14 streams end with 14")
  func streams() async throws {
    let service = TestService()
    try await withRawPeer(service) { peer, server in
      try await peer.call(Service.endless, 1, flags: .done)
      await service.started.wait()
      server.beginDrain(grace: .seconds(60))
      var last: RawResponse?
      while let response = try await peer.receiveResponse() { last = response }
      #expect(last?.code == 14)
      await service.cancelled.wait()
    }
  }

  @Test("FR14 the end of the grace time, or a second signal, closes at once")
  func grace() async throws {
    for grace in [Duration.milliseconds(20), .seconds(60)] {
      let service = TestService()
      try await withRawPeer(service) { peer, server in
        try await peer.call(Service.silent, 1)
        await service.started.wait()
        server.beginDrain(grace: grace)
        if grace > .seconds(1) { server.beginDrain(grace: grace) }
        await peer.waitForClose()
      }
    }
  }

  @Test("FR14 an idle server drains at once, and nobody can connect any more")
  func idle() async throws {
    try await withServer { server, endpoint in
      let peer = try await RawPeer.connect(to: endpoint)
      try await peer.call(Service.echo, 1, "a")
      _ = try await peer.receiveResponse()
      server.beginDrain(grace: .seconds(60))
      await peer.waitForClose()
      await #expect(throws: (any Error).self) {
        let late = try await RawPeer.connect(to: endpoint)
        // The listener may close a moment later than the connections.
        await late.waitForClose()
        throw CancellationError()
      }
    }
  }

  @Test("a Unix socket is its owner's alone, stale files are replaced, live ones are not")
  func unixSocket() async throws {
    let path = temporarySocketPath()
    try await withServer(endpoints: [.unix(path: path)]) { _, endpoint in
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
      #expect(mode as? Int == 0o600)
      let peer = try await RawPeer.connect(to: endpoint)
      try await peer.call(Service.echo, 1, "a")
      #expect(try await peer.receiveResponse()?.text == "a")
      await peer.close()
      #expect(
        await reason { try await withServer(endpoints: [endpoint]) { _, _ in } }
          == "unavailable")
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("FR12 metadata overrides the connection's identity; refusals are counted")
  func identity() async throws {
    try await withRawPeer(authenticator: NameAuthenticator()) { peer, _ in
      try await peer.call(Service.who, 1)
      #expect(try await peer.receiveResponse()?.code == 16)
      // Before anybody is known, frames are short.
      try await peer.send(.request, 3, ByteBuffer(repeating: 0, count: 70_000))
      #expect(try await peer.receiveResponse()?.code == 8)
      let alice = [Metadata.Element(key: "authorization", value: "alice")]
      try await peer.call(Service.who, 5, "bob", metadata: alice)
      #expect(try await peer.receiveResponse()?.text == "alice")
      try await peer.call(Service.who, 7)
      #expect(try await peer.receiveResponse()?.text == "bob")
      try await peer.call(Service.who, 9, metadata: alice)
      #expect(try await peer.receiveResponse()?.text == "alice")
    }
    try await withRawPeer(authenticator: NameAuthenticator()) { peer, _ in
      for id in 0..<10 as Range<UInt32> {
        try await peer.call(Service.who, id * 2 + 1)
        #expect(try await peer.receiveResponse()?.code == 16)
      }
      #expect(try await peer.receiveResponse() == nil)
    }
  }
}

/// Takes the name in `authorization` for who calls.
private struct NameAuthenticator: Authenticator {
  var requiresIdentity: Bool { true }

  func identity(of peer: PeerInfo) -> CallIdentity? { nil }

  func identity(
    metadata: Metadata, connection: CallIdentity?, method: MethodDescriptor, peer: PeerInfo
  ) throws(BatonError) -> CallIdentity {
    if let name = metadata["authorization"] { return CallIdentity(name: name) }
    guard let connection else {
      throw BatonError(.unauthenticated, "unauthenticated", "the call shows no identity")
    }
    return connection
  }
}
