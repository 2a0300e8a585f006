import BatonExec
import Glibc
import Testing

/// What cannot be had for a while: descriptors, directories, the server, a cgroup.
@Suite struct ShortageTests {
  /// The process that forks the shims, as the parent of one.
  static func server(of key: AttemptKey, in harness: Harness) throws -> Int32 {
    let shim = try claimValue("pid", of: key, in: harness)
    let status = try #require(readFile("/proc/\(shim)/status"))
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("PPid:") })
    return try #require(Int32(line.dropFirst(5).filter(\.isNumber)))
  }

  /// Changes how many files another process may have open.
  static func limitOpenFiles(_ pid: Int32, _ count: UInt) throws {
    typealias Function =
      @convention(c) (Int32, Int32, UnsafePointer<rlimit>?, UnsafeMutablePointer<rlimit>?) -> Int32
    // Glibc's module hides it behind _GNU_SOURCE.
    let prlimit = unsafeBitCast(try #require(dlsym(nil, "prlimit")), to: Function.self)
    var limit = rlimit(rlim_cur: count, rlim_max: 4096)
    try #require(prlimit(pid, Int32(RLIMIT_NOFILE.rawValue), &limit, nil) == 0)
  }

  /// Runs an attempt that waits until its file is written, and returns the server.
  static func startServer(_ harness: Harness) async throws -> (pid: Int32, waiting: AttemptKey) {
    let key = Harness.key("first")
    try harness.executor.launch(Harness.shell(key, "mkfifo f; echo ready; read x < f"))
    try await harness.waitForOutput(of: key, "ready")
    return (try server(of: key, in: harness), key)
  }

  static func end(_ key: AttemptKey, in harness: Harness) async throws {
    try HostileProgramTests.write(harness.executor.path(of: key, file: "work/f"), "go\n")
    _ = try await harness.outcomes.of(key)
  }

  @Test("an attempt whose directory cannot be read is neither lost nor not started")
  func unreadable() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      try harness.executor.launch(
        Harness.shell(key, "mkfifo f; echo ready; read x < f; exit 5"))
      try await harness.waitForOutput(of: key, "ready")
      let path = try harness.executor.path(of: key)
      #expect(rename(path, path + "-away") == 0)
      try HostileProgramTests.write(path, "")
      try HostileProgramTests.write(path + "-away/work/f", "go\n")
      try await HostileProgramTests.waitForFile(path + "-away/outcome")
      // Its end is told before the end of these.
      for _ in 0..<3 { _ = try await harness.outcome(of: Harness.shell(Harness.key(), "exit 0")) }
      #expect(harness.outcomes.all(of: key) == [])
      unlink(path)
      #expect(rename(path + "-away", path) == 0)
      #expect(try await harness.outcomes.of(key).exit == .exited(code: 5))
      #expect(harness.outcomes.all(of: key).count == 1)
    }
  }

  @Test("an attempt whose directory cannot be read when it is taken up stays owed")
  func unreadableAtAttach() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let key = Harness.key()
    let unclaimed = Harness.key()
    try await withExecutor(directory: directory) { harness in
      _ = try await harness.outcome(of: Harness.shell(key, "exit 5"))
    }
    try await withExecutor(directory: directory) { harness in
      let path = try harness.executor.path(of: key)
      #expect(rename(path, path + "-away") == 0)
      try HostileProgramTests.write(path, "")
      let node = directory + "/attempts/\(unclaimed.run)"
      try HostileProgramTests.write(node, "")
      #expect(try harness.executor.attach(key) == .running)
      #expect(try harness.executor.attach(unclaimed) == .running)
      for _ in 0..<3 { _ = try await harness.outcome(of: Harness.shell(Harness.key(), "exit 0")) }
      #expect(harness.outcomes.all(of: key) == [])
      #expect(harness.outcomes.all(of: unclaimed) == [])
      unlink(path)
      unlink(node)
      #expect(rename(path + "-away", path) == 0)
      #expect(try await harness.outcomes.of(key).exit == .exited(code: 5))
      guard case .notStarted = try await harness.outcomes.of(unclaimed).exit else {
        Issue.record("\(harness.outcomes.all(of: unclaimed))")
        return
      }
    }
  }

  @Test("G59 an attempt whose directory cannot be written waits for it")
  func unwritable() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let killed = Harness.key()
      try HostileProgramTests.write(harness.directory + "/attempts", "no directory")
      try harness.executor.launch(Harness.shell(key, "exit 4"))
      try harness.executor.launch(Harness.shell(killed, "exit 4"))
      try harness.executor.kill(killed, grace: .zero, reason: "run_stopped")
      guard case .notStarted = try await harness.outcomes.of(killed).exit else {
        Issue.record("\(harness.outcomes.all(of: killed))")
        return
      }
      #expect(harness.outcomes.all(of: key) == [], "nothing was begun, nothing has ended")
      unlink(harness.directory + "/attempts")
      #expect(try await harness.outcomes.of(key).exit == .exited(code: 4))
      #expect(harness.outcomes.all(of: key).count == 1)
      #expect(harness.outcomes.all(of: killed).count == 1)
      #expect(access(try harness.executor.path(of: killed), F_OK) != 0)
    }
  }

  @Test("a launch that is refused for want of descriptors is repeated")
  func launchRefused() async throws {
    try await withExecutor { harness in
      let (server, first) = try await Self.startServer(harness)
      try Self.limitOpenFiles(server, 4)
      let key = Harness.key()
      try harness.executor.launch(Harness.shell(key, "exit 4"))
      // When this one has ended the other has been refused.
      try await Self.end(first, in: harness)
      #expect(harness.outcomes.all(of: key) == [])
      try Self.limitOpenFiles(server, 1024)
      #expect(try await harness.outcomes.of(key).exit == .exited(code: 4))
    }
  }

  @Test("a watch that is refused for want of descriptors is repeated")
  func watchRefused() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let key = Harness.key()
    try await withExecutor(directory: directory) { harness in
      try harness.executor.launch(Harness.shell(key, "mkfifo f; echo ready; read x < f; exit 4"))
      try await harness.waitForOutput(of: key, "ready")
    }
    try await withExecutor(directory: directory) { harness in
      let (server, first) = try await Self.startServer(harness)
      try Self.limitOpenFiles(server, 4)
      #expect(try harness.executor.attach(key) == .running)
      try await Self.end(first, in: harness)
      try HostileProgramTests.write(harness.executor.path(of: key, file: "work/f"), "go\n")
      try Self.limitOpenFiles(server, 1024)
      #expect(try await harness.outcomes.of(key).exit == .exited(code: 4))
    }
  }

  @Test("a shim that gets no pipes says so")
  func noPipes() async throws {
    try await withExecutor(configure: useCgroups(false)) { harness in
      let (server, first) = try await Self.startServer(harness)
      // The shim has 3 and 4 open, and a pipe needs two; the server needs one for it.
      try Self.limitOpenFiles(server, 8)
      try await Self.end(first, in: harness)
      let outcome = try await harness.outcome(of: Harness.shell(Harness.key(), "exit 0"))
      guard case .execFailed(let number, let message) = outcome.exit else {
        Issue.record("\(outcome.exit)")
        return
      }
      #expect(number == Int(EMFILE), "\(message)")
      #expect(message.contains("output"))
      #expect(outcome.standardOutput.written == 0)
    }
  }

  @Test("a kill that a server did not get to is repeated to the next")
  func killLost() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      try harness.executor.launch(Harness.shell(key, "echo ready; exec sleep 1000"))
      try await harness.waitForOutput(of: key, "ready")
      let server = try Self.server(of: key, in: harness)
      kill(server, SIGSTOP)
      try harness.executor.kill(key, grace: .seconds(5), reason: "run_stopped")
      kill(server, SIGKILL)
      let outcome = try await harness.outcomes.of(key)
      #expect(outcome.exit == .signaled(15))
      #expect(outcome.kill?.reason == "run_stopped")
    }
  }

  @Test("limits hold where nothing can be started into a cgroup")
  func noCloneIntoGroup() async throws {
    let mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
    guard let mount = mounts.first(where: { access($0 + "/cgroup.procs", W_OK) == 0 }) else {
      return
    }
    let base = "\(mount)/baton-test-\(getpid())"
    try #require(mkdir(base, 0o700) == 0)
    defer { rmdir(base) }
    // Groups inside a threaded one take no processes.
    try HostileProgramTests.write(base + "/cgroup.type", "threaded")
    let configure: (inout LocalExecutor.Configuration) -> Void = { $0.cgroups = .below(base) }
    try await withExecutor(configure: configure) { harness in
      var spec = Harness.shell(Harness.key(), "ulimit -t; while :; do :; done")
      spec.limits.cpuTime = .milliseconds(200)
      spec.stopGrace = .milliseconds(200)
      let outcome = try await harness.outcome(of: spec)
      #expect(outcome.limitExceeded == "cpu_time")
      let output = try await harness.output(of: spec.key)
      #expect(output == "1\n")
    }
  }

  @Test("G57 who outlives KILL by 10 s is named, and killing goes on", arguments: [true, false])
  func survivor(cgroups: Bool) async throws {
    // Only a freezer of the first version keeps a process from being killed.
    let freezer = "/sys/fs/cgroup/freezer/baton-test-\(getpid())-\(cgroups)"
    guard mkdir(freezer, 0o700) == 0 else { return }
    defer { rmdir(freezer) }
    try await withExecutor(configure: useCgroups(cgroups)) { harness in
      let key = Harness.key()
      try harness.executor.launch(Harness.shell(key, "echo $$ ready; exec sleep 1000"))
      try await harness.waitForOutput(of: key, "ready")
      let pid = try await harness.output(of: key).prefix { $0 != " " }
      try HostileProgramTests.write(freezer + "/cgroup.procs", "\(pid)")
      try HostileProgramTests.write(freezer + "/freezer.state", "FROZEN")
      try harness.executor.kill(key, grace: .milliseconds(50), reason: "node_timeout")
      let outcome = try await harness.outcomes.of(key)
      #expect(outcome.exit == .signaled(9))
      #expect(outcome.kill?.survivors.map { "\($0.pid)" } == ["\(pid)"])
      #expect(harness.executor.survivors(of: key).count == 1)
      try HostileProgramTests.write(freezer + "/freezer.state", "THAWED")
      try await withDeadline {
        let group = cgroups ? try claimValue("cgroup", of: key, in: harness) : nil
        while processes(of: key) != [] || group.map({ access($0, F_OK) == 0 }) ?? false {
          try Task.checkCancellation()
          await Task.yield()
        }
      }
      #expect(harness.executor.survivors(of: key) == [])
    }
  }

  @Test("a limit of processor time of more than 49 days")
  func longLimit() async throws {
    try await withExecutor(configure: useCgroups(false)) { harness in
      var spec = Harness.shell(Harness.key(), "ulimit -t")
      spec.limits.cpuTime = .seconds(5_000_000)
      let outcome = try await harness.outcome(of: spec)
      #expect(outcome.limitExceeded == nil)
      let output = try await harness.output(of: spec.key)
      #expect(output == "5000000\n")
    }
  }

  @Test("shims keep nothing of the engine open")
  func standardError() async throws {
    try await withExecutor { harness in
      let (server, first) = try await Self.startServer(harness)
      let shim = try #require(Int32(try claimValue("pid", of: first, in: harness)))
      for pid in [server, shim] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/\(pid)/fd/2", &buffer, buffer.count)
        let target = buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        #expect(String(decoding: target, as: UTF8.self) == "/dev/null")
      }
      try await Self.end(first, in: harness)
    }
  }
}
