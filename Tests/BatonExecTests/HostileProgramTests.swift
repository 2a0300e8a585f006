import BatonExec
import Glibc
import Testing

/// A program runs as the user of the engine and can write into its attempt's directory.
@Suite struct HostileProgramTests {
  /// The claim of a shim of an earlier boot.
  static let oldClaim = """
    baton-claim 1
    owner shim
    pid 1
    start 1
    boot none
    end

    """

  /// Makes an attempt's directory with the files of one whose shim is gone.
  static func prepare(
    _ key: AttemptKey, in harness: Harness, claim: String = oldClaim, outcome: String? = nil
  ) throws {
    let path = try harness.executor.path(of: key)
    let components = path.dropFirst().split(separator: "/")
    for count in 1...components.count {
      mkdir("/" + components.prefix(count).joined(separator: "/"), 0o700)
    }
    try write(path + "/claim", claim)
    if let outcome { try write(path + "/outcome", "baton-outcome 1\n\(outcome)\nend\n") }
  }

  static func write(_ path: String, _ text: String) throws {
    let file = try #require(fopen(path, "we"))
    fputs(text, file)
    fclose(file)
  }

  static func waitForFile(_ path: String) async throws {
    try await withDeadline {
      while access(path, F_OK) != 0 {
        try Task.checkCancellation()
        await Task.yield()
      }
    }
  }

  /// Runs a shim on a directory to its end.
  static func runShim(_ directory: String) throws -> Int32 {
    let shim = try shimPath()
    let words: [String] = [shim, "--run", directory, "none"]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    try #require(posix_spawn(&pid, shim, nil, nil, arguments, [nil]) == 0)
    var status: Int32 = 0
    try #require(waitpid(pid, &status, 0) == pid)
    return status >> 8 & 0xFF
  }

  /// A launch file as the executor writes it, for `/bin/true`.
  static func goodLaunch() throws -> [UInt8] {
    var bytes = Array("BTNLNCH1".utf8)
    let append = { (value: any FixedWidthInteger) in
      withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }
    append(UInt32(1))
    append(UInt32(1))
    append(UInt64(1 << 20))
    for value: UInt32 in [7, 100, 100, 0] { append(value) }
    for _ in 0..<4 { append(UInt64(0)) }
    for text in ["/tmp", "/bin/true", "BATON_NODE=A"] { bytes += Array(text.utf8) + [0] }
    return bytes
  }

  @Test("a launch file that is empty, cut off or made up starts nothing and claims nothing")
  func malformedLaunch() throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let good = try Self.goodLaunch()
    var broken: [[UInt8]] = [[], Array("garbage".utf8), good + [0], good.dropLast()]
    broken += stride(from: 8, to: good.count, by: 5).map { Array(good[..<$0]) }
    for place in [8, 12, 24] {  // arguments, variables, newest segments
      var bytes = good
      bytes.replaceSubrange(
        place..<(place + 4), with: place == 24 ? [0, 0, 0, 0] : [255, 255, 255, 255])
      broken.append(bytes)
    }
    for bytes in broken {
      let file = try #require(fopen(directory + "/launch", "we"))
      fwrite(bytes, 1, bytes.count, file)
      fclose(file)
      #expect(try Self.runShim(directory) == 4, "\(bytes)")
      #expect(names(in: directory) == ["launch"])
    }
    let file = try #require(fopen(directory + "/launch", "we"))
    fwrite(good, 1, good.count, file)
    fclose(file)
    #expect(try Self.runShim(directory) == 0, "the good one does start")
    #expect(Set(names(in: directory)) == ["launch", "claim", "outcome"])
    #expect(try Self.runShim(directory) == 3, "claimed already")
  }

  @Test(
    "an outcome with impossible numbers is none",
    arguments: [
      "exit exec_failed 99999999999 exec", "exit exec_failed -99999999999 exec",
      "exit code 99999999999999999999", "exit code 4294967296", "exit signal -1", "exit",
    ])
  func malformedExit(line: String) async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      try Self.prepare(key, in: harness, outcome: line)
      #expect(try harness.executor.attach(key) == .lost)
      #expect(try await harness.outcomes.of(key).exit == .lost)
    }
  }

  @Test("impossible numbers of an outcome are left out")
  func malformedNumbers() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let lines = """
        exit code 3
        started -9223372036854775808
        ended 9223372036854775807
        cpu_us -1
        max_rss_kb 18446744073709551615
        stdout 18446744073709551615 1
        leftover_killed -5
        kill_ended 9223372036854775807
        kill_ms -9223372036854775808
        survivor 99999999999 1 x
        survivor 4294967297 1 x
        """
      try Self.prepare(key, in: harness, outcome: lines)
      guard case .ended(let outcome) = try harness.executor.attach(key) else {
        Issue.record("not ended")
        return
      }
      #expect(outcome.exit == .exited(code: 3))
      #expect(outcome.startedAt == nil)
      #expect(outcome.maximumResidentBytes == 0)
      #expect(outcome.standardOutput.written == 0)
      #expect(outcome.leftoverKilled == 0)
      #expect(outcome.kill?.survivors == [])
      #expect(harness.executor.survivors(of: key) == [])
    }
  }

  @Test("an outcome that the program wrote itself does not end it, nor shield it")
  func forgedOutcome() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let key = Harness.key()
    let script = #"printf 'baton-outcome 1\nexit code 0\nend\n' > ../outcome; exec sleep 1000"#
    try await withExecutor(directory: directory) { harness in
      try harness.executor.launch(Harness.shell(key, "mkfifo f; echo ready; read x < f;" + script))
      try await harness.waitForOutput(of: key, "ready")
      try Self.write(harness.executor.path(of: key, file: "work/f"), "go\n")
      try await Self.waitForFile(harness.executor.path(of: key, file: "outcome"))
    }
    try await withExecutor(directory: directory) { harness in
      #expect(try harness.executor.attach(key) == .running)
      try harness.executor.kill(key, grace: .seconds(5), reason: "run_stopped")
      #expect(try await harness.outcomes.of(key).exit == .signaled(15))
    }
  }

  @Test(
    "a program that ends its shim and writes an outcome is not believed", arguments: [true, false])
  func forgedEnd(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups)) { harness in
      let key = Harness.key()
      let script = #"""
        printf 'baton-outcome 1\nexit code 0\nend\n' > ../outcome
        kill -9 $PPID; exec sleep 1000
        """#
      let outcome = try await harness.outcome(of: Harness.shell(key, script))
      #expect(outcome.exit == .lost)
      #expect(processes(of: key) == [])
    }
  }

  @Test(
    "a program that writes over its claim is ended all the same",
    arguments: ["owner engine\nend", "owner shim\nend", "nothing"])
  func forgedClaim(text: String) async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let script = #"printf 'baton-claim 1\n%b\n' "$1" > ../claim; echo ready; exec sleep 1000"#
      try harness.executor.launch(Harness.shell(key, script, text))
      try await harness.waitForOutput(of: key, "ready")
      try harness.executor.kill(key, grace: .seconds(5), reason: "run_stopped", untilGone: true)
      #expect(try await harness.outcomes.of(key).exit == .signaled(15))
      #expect(processes(of: key) == [])
    }
  }

  @Test("pipes and links in the place of files hold nobody up", arguments: ["mkfifo", "ln -s /"])
  func pipes(command: String) async throws {
    try await withExecutor(configure: smallSegments) { harness in
      let key = Harness.key()
      let script = """
        for name in kill kill.tmp outcome outcome.tmp stdout.4096; do \(command) ../$name; done
        seq -f %09g 0 999; : > ready; exec sleep 1000
        """
      try harness.executor.launch(Harness.shell(key, script))
      try await Self.waitForFile(harness.executor.path(of: key, file: "work/ready"))
      try harness.executor.kill(key, grace: .seconds(5), reason: "run_stopped")
      #expect(try await harness.outcomes.of(key).exit == .signaled(15))
      _ = try await harness.output(of: key)
    }
  }

  @Test("a pipe as claim is a broken claim")
  func pipeAsClaim() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      try Self.prepare(key, in: harness)
      let path = try harness.executor.path(of: key, file: "claim")
      unlink(path)
      mkfifo(path, 0o600)
      #expect(try harness.executor.attach(key) == .lost)
      #expect(try await harness.outcomes.of(key).exit == .lost)
    }
  }

  @Test("a claim without its last line is not the engine's")
  func brokenClaim() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      try Self.prepare(key, in: harness, claim: "baton-claim 1\nowner engine\n")
      #expect(try harness.executor.attach(key) == .lost)
      #expect(try await harness.outcomes.of(key).exit == .lost)
    }
  }

  @Test("log segments and offsets no log can have")
  func segments() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let script = """
        for at in 18446744073709551615 9223372036854775807 9223372036854775800
        do echo xxxxxxxxxxxxxxxxxxxxxxx > ../stdout.$at; done; echo ready
        """
      _ = try await harness.outcome(of: Harness.shell(key, script))
      #expect(try await harness.output(of: key).hasPrefix("ready\n"))
      let offsets: [UInt64] = [.max, .max - 1, 1 << 63, (1 << 63) - 1]
      for offset in offsets {
        try await harness.executor.readLog(
          key, streams: [.standardOutput], offset: offset, follow: false
        ) { _ = $0.end }
      }
    }
  }
}
