import Foundation
import Glibc
import Testing

/// What a server does when it has no file descriptors left.
@Suite struct DescriptorTests {
  private static let ping = WireConnection.request(1, "baton.admin.v1.Session", "Ping")

  @Test("FR16 a listener that runs out of descriptors serves those it has, and accepts again later")
  func exhaustion() async throws {
    try await withInstallation(.whole) { installation in
      let socket = installation.scratch.file("whole.sock")
      let pid = try installation.process(.whole).pid
      let kept = try WireConnection(socket: socket)
      defer { kept.hangUp() }
      kept.send([Self.ping])
      #expect(try await kept.code(of: 1) == 0)

      let limit = try Self.openDescriptors(of: pid) + 4
      try Self.setLimit(of: pid, limit)
      // The kernel completes the connections that the server cannot accept yet.
      let connections = try (0..<12).map { _ in try WireConnection(socket: socket) }
      defer { for connection in connections { connection.hangUp() } }
      for connection in connections { connection.send([Self.ping]) }
      #expect(try await connections[0].code(of: 1) == 0)
      for id in 3...8 as ClosedRange<UInt32> where id % 2 == 1 {
        kept.send([WireConnection.request(id, "baton.admin.v1.Session", "Ping")])
        #expect(try await kept.code(of: id) == 0, "those who are connected are served")
      }
      let answered = connections.filter { !$0.received.value.answers.isEmpty }.count
      #expect(answered <= 4)
      #expect(try Self.openDescriptors(of: pid) <= limit)

      for connection in connections[..<4] { connection.hangUp() }
      for connection in connections[4..<8] {
        #expect(try await connection.code(of: 1) == 0, "accepted when there was room")
      }
      try Self.setLimit(of: pid, 1_024)
      for connection in connections[8...] { #expect(try await connection.code(of: 1) == 0) }
      let late = try WireConnection(socket: socket)
      defer { late.hangUp() }
      late.send([Self.ping])
      #expect(try await late.code(of: 1) == 0)
      try await installation.stop()
    }
  }

  private static func openDescriptors(of pid: pid_t) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
  }

  private static func setLimit(of pid: pid_t, _ limit: Int) throws {
    var limits = rlimit()
    try #require(prlimit(pid, __RLIMIT_NOFILE, nil, &limits) == 0)
    limits.rlim_cur = rlim_t(limit)
    try #require(prlimit(pid, __RLIMIT_NOFILE, &limits, nil) == 0)
  }
}
