import BatonExec
import Glibc
import Testing

/// Capturing and reading output (G55).
@Suite struct LogTests {
  @Test("WF-36 the first and the newest segments are kept, the program never blocks")
  func rotation() async throws {
    try await withExecutor(configure: smallSegments) { harness in
      let key = Harness.key()
      // 10,000 lines of 10 bytes: line n is at offset 10 n.
      let outcome = try await harness.outcome(
        of: LaunchSpec(
          key: key, argv: ["seq", "-f", "%09g", "0", "9999"], environment: [Harness.path]))
      #expect(outcome.exit == .exited(code: 0))
      // 24 whole segments and 1,696 bytes.
      #expect(outcome.standardOutput == LogTotals(written: 100_000, dropped: 22 * 4096))
      var chunks: [LogChunk] = []
      try await harness.executor.readLog(
        key, streams: LogChunk.Stream.allCases, offset: 0, follow: false
      ) { chunks.append($0) }
      #expect(chunks.map(\.offset) == [0, 23 * 4096, 24 * 4096])
      #expect(chunks.map(\.droppedBytes) == [0, 22 * 4096, 0])
      #expect(chunks.map(\.data.count) == [4096, 4096, 1696])
      #expect(chunks.last?.data.suffix(10) == Array("000009999\n".utf8)[...])
      let times = chunks.map(\.time)
      #expect(try #require(outcome.startedAt) <= times[0])
      #expect(times == times.sorted())
    }
  }

  @Test("WF-36 100 MiB on standard output")
  func large() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let mebibyte: UInt64 = 1 << 20
      let outcome = try await harness.outcome(
        of: Harness.shell(key, "head -c 104857600 /dev/zero"))
      #expect(
        outcome.standardOutput == LogTotals(written: 100 * mebibyte, dropped: 40 * mebibyte))
      var ends: [UInt64] = []
      var read: UInt64 = 0
      try await harness.executor.readLog(
        key, streams: [.standardOutput], offset: 0, follow: true
      ) { chunk in
        #expect(chunk.data.count <= LogChunk.maximumSize)
        if chunk.droppedBytes > 0 { ends += [chunk.offset - chunk.droppedBytes, chunk.offset] }
        read += UInt64(chunk.data.count)
      }
      #expect(ends == [8 * mebibyte, 48 * mebibyte])
      #expect(read == 60 * mebibyte)
    }
  }

  @Test(
    "reading may begin at any offset", arguments: [0, 1, 4095, 4096, 5000, 94208, 99999, 100_000])
  func offsets(offset: Int) async throws {
    try await withExecutor(configure: smallSegments) { harness in
      let key = Harness.key()
      _ = try await harness.outcome(
        of: LaunchSpec(
          key: key, argv: ["seq", "-f", "%09g", "0", "9999"], environment: [Harness.path]))
      var covered = UInt64(offset)
      try await harness.executor.readLog(
        key, streams: [.standardOutput], offset: UInt64(offset), follow: false
      ) { chunk in
        #expect(chunk.offset - chunk.droppedBytes == covered)
        covered = chunk.end
      }
      #expect(covered == 100_000)
    }
  }

  @Test("standard output and error are kept apart")
  func streams() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let outcome = try await harness.outcome(
        of: Harness.shell(key, "echo out; echo error >&2; printf '\\0\\377'"))
      #expect(outcome.standardOutput.written == 6)
      #expect(outcome.standardError.written == 6)
      #expect(try await harness.output(of: key, .standardError) == "error\n")
      var bytes: [UInt8] = []
      try await harness.executor.readLog(
        key, streams: [.standardOutput], offset: 3, follow: false
      ) { bytes += $0.data }
      #expect(bytes == [0x0A, 0, 255])
    }
  }

  @Test("WF-36 following a running program: lines come as they are written, then the end")
  func follow() async throws {
    try await withExecutor { harness in
      let fifo = harness.directory + "/fifo"
      for number in 1...3 { mkfifo(fifo + "\(number)", 0o600) }
      let key = Harness.key()
      // Each line is written only after the one before it was seen.
      let script = #"for i in 1 2 3; do echo $i; read x < "$1$i"; done; echo end >&2"#
      try harness.executor.launch(Harness.shell(key, script, fifo))
      try await withDeadline {
        var lines: [String] = []
        try await harness.executor.readLog(
          key, streams: LogChunk.Stream.allCases, offset: 0, follow: true
        ) { chunk in
          lines.append("\(chunk.stream.rawValue) \(String(decoding: chunk.data, as: UTF8.self))")
          guard chunk.stream == .standardOutput else { return }
          let number = String(decoding: chunk.data, as: UTF8.self).prefix(1)
          let file = try #require(fopen(fifo + number, "w"))
          fputs("next\n", file)
          fclose(file)
        }
        #expect(lines == ["stdout 1\n", "stdout 2\n", "stdout 3\n", "stderr end\n"])
      }
    }
  }

  @Test("following ends when the reader does not want more")
  func cancel() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      try harness.executor.launch(Harness.shell(key, "echo ready; exec sleep 1000"))
      try await harness.waitForOutput(of: key, "ready")
      let follower = Task {
        try await harness.executor.readLog(
          key, streams: [.standardOutput], offset: 6, follow: true
        ) { _ in Issue.record("there is nothing more") }
      }
      follower.cancel()
      await #expect(throws: CancellationError.self) { try await follower.value }
      try harness.executor.kill(key, grace: .seconds(1), reason: "")
      _ = try await harness.outcomes.of(key)
    }
  }

  @Test("there is no log of an attempt that is not known")
  func unknown() async throws {
    try await withExecutor { harness in
      await #expect {
        try await harness.executor.readLog(
          Harness.key(), streams: [.standardOutput], offset: 0, follow: true
        ) { _ in }
      } throws: {
        ($0 as? ExecError)?.code == .attemptNotFound
      }
    }
  }
}
