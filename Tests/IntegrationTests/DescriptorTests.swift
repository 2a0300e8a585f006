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
      try await Self.setLimit(of: pid, limit, installation.scratch)
      // The kernel completes the connections that the server cannot accept yet.
      let connections = try (0..<40).map { _ in try WireConnection(socket: socket) }
      defer { for connection in connections { connection.hangUp() } }
      for connection in connections { connection.send([Self.ping]) }
      #expect(try await connections[0].code(of: 1) == 0)
      for id in 3...8 as ClosedRange<UInt32> where id % 2 == 1 {
        kept.send([WireConnection.request(id, "baton.admin.v1.Session", "Ping")])
        #expect(try await kept.code(of: id) == 0, "those who are connected are served")
      }
      let answered = connections.filter { !$0.received.value.answers.isEmpty }.count
      // Four, and as many as the server had open for a moment only when they were counted.
      #expect(answered < connections.count)

      for connection in connections[..<4] { connection.hangUp() }
      for connection in connections[4..<8] {
        #expect(try await connection.code(of: 1) == 0, "accepted when there was room")
      }
      try await Self.setLimit(of: pid, 1_024, installation.scratch)
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

  /// Changes the soft limit of a running process.
  private static func setLimit(of pid: pid_t, _ limit: Int, _ scratch: Scratch) async throws {
    let command = try ChildProcess(
      "/usr/bin/prlimit", ["--pid", "\(pid)", "--nofile=\(limit):"], environment: [:],
      directory: scratch.path)
    try #require(try await command.end(within: patience) == .exited(0), "\(command.state.value)")
  }
}
