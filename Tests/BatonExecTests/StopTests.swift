import BatonExec
import Glibc
import Testing

/// Stops of programs that do not want to be stopped, and who is told of whom (G57, SR123–SR127).
@Suite struct StopTests {
  /// A program that makes the file `ready` in its working directory and does not end by TERM.
  struct BadProgram: CustomTestStringConvertible {
    var testDescription: String
    var script: String

    static let all = [
      BadProgram(
        testDescription: "closes its output",
        script: "exec >&- 2>&- <&-; trap '' TERM; : > ready; while :; do sleep 1000; done"),
      BadProgram(
        testDescription: "fills its output", script: "trap '' TERM; yes & : > ready; exec yes"),
      BadProgram(
        testDescription: "hogs descriptors",
        script: """
          trap '' TERM; ulimit -n 1024
          for i in $(seq 3 9); do eval "exec $i<>/dev/null"; done
          for n in $(seq 20); do sleep 1000 & done; : > ready; wait
          """),
      BadProgram(
        testDescription: "starts and ends bursts of 200 children",
        script: """
          trap '' TERM
          while :; do
            i=0; while [ $i -lt 200 ]; do i=$((i + 1)); setsid sleep 1000 & done
            : > ready; kill -9 $(jobs -p); wait
          done
          """),
      BadProgram(
        testDescription: "is stopped, and its child too",
        script: "trap '' TERM; sleep 1000 & kill -STOP $!; : > ready; kill -STOP $$"),
      BadProgram(
        testDescription: "gives each child a group of its own",
        script: """
          trap '' TERM; set -m
          sleep 1000 & sleep 1000 & setsid -f sleep 1000; : > ready; while :; do wait; done
          """),
      BadProgram(
        testDescription: "leaves orphans while it is killed",
        script: """
          trap '' TERM; i=0
          while [ $i -lt 300 ]; do i=$((i + 1)); ( ( sleep 1000 & ) & ); : > ready; done
          while :; do sleep 1000; done
          """),
    ]
  }

  @Test("nothing is left of a bad program", arguments: [true, false], BadProgram.all)
  func badProgram(cgroups: Bool, program: BadProgram) async throws {
    let configure: (inout LocalExecutor.Configuration) -> Void = {
      useCgroups(cgroups)(&$0)
      smallSegments(&$0)
    }
    try await withExecutor(configure: configure) {
      let key = Harness.key()
      try $0.executor.launch(Harness.shell(key, program.script))
      try await HostileProgramTests.waitForFile($0.executor.path(of: key, file: "work/ready"))
      try $0.executor.kill(
        key, grace: .milliseconds(50), reason: "run_stopped", untilGone: true)
      let outcome = try await $0.outcomes.of(key)
      let report = try #require(outcome.kill)
      #expect(report.requested && report.survivors == [] && report.processesEnded > 0)
      #expect(report.proof == KillTests.proof(cgroups))
      #expect(processes(of: key) == [])
    }
  }

  @Test("G57 a stop has no outcome while somebody outlives KILL, however long")
  func untilGone() async throws {
    let freezer = "/sys/fs/cgroup/freezer/baton-test-\(getpid())-gone"
    guard mkdir(freezer, 0o700) == 0 else { return }
    defer { rmdir(freezer) }
    try await withExecutor(configure: useCgroups(false)) { harness in
      let key = Harness.key()
      try harness.executor.launch(Harness.shell(key, "echo $$ ready; exec sleep 1000"))
      try await harness.waitForOutput(of: key, "ready")
      let pid = try await harness.output(of: key).prefix { $0 != " " }
      try HostileProgramTests.write(freezer + "/cgroup.procs", "\(pid)")
      try HostileProgramTests.write(freezer + "/freezer.state", "FROZEN")
      // Killed for a timeout first: then somebody stops the run.
      try harness.executor.kill(key, grace: .milliseconds(20), reason: "node_timeout")
      try harness.executor.kill(key, grace: .seconds(5), reason: "run_stopped", untilGone: true)
      let alive = try #require(harness.executor.processes(of: [key])[key])
      #expect(alive.map { "\($0.pid)" } == ["\(pid)"])
      // A timeout would be told now.
      try await ContinuousClock().sleep(for: .seconds(12))
      #expect(harness.outcomes.all(of: key).isEmpty)
      try HostileProgramTests.write(freezer + "/freezer.state", "THAWED")
      #expect(try await harness.outcomes.of(key).kill?.survivors == [])
    }
  }

  @Test("SR124 who is alive is named with pid and command", arguments: [true, false])
  func list(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups)) { harness in
      let keys = [Harness.key("A"), Harness.key("B")]
      for key in keys {
        try harness.executor.launch(
          Harness.shell(key, "setsid sleep 1000 & echo ready; exec sleep 2000"))
        try await harness.waitForOutput(of: key, "ready")
      }
      let unknown = Harness.key("C")
      let found = harness.executor.processes(of: keys + [unknown])
      #expect(Set(found.keys) == Set(keys))
      for key in keys {
        #expect(found[key].map { Set($0.map(\.pid)) } == Set(processes(of: key)))
        #expect(found[key].map { Set($0.map(\.command)) } == ["sleep 1000", "sleep 2000"])
        try harness.executor.kill(key, grace: .zero, reason: "run_stopped", untilGone: true)
        _ = try await harness.outcomes.of(key)
      }
      #expect(harness.executor.processes(of: keys) == [:])
    }
  }

  @Test("SR125 the shortest grace counts, whatever the order of the calls")
  func order() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let script = "trap '' TERM; echo ready; while :; do sleep 1000; done"
      try harness.executor.launch(Harness.shell(key, script))
      try await harness.waitForOutput(of: key, "ready")
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask {
            let grace: Duration = number == 7 ? .milliseconds(10) : .seconds(1000)
            do {
              try harness.executor.kill(key, grace: grace, reason: "run_stopped")
            } catch {
              Issue.record(error)
            }
          }
        }
      }
      #expect(try await harness.outcomes.of(key).exit == .signaled(9))
    }
  }

  @Test("SR127 what is left of a run goes after its last process")
  func removal() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let run = harness.directory + "/attempts/\(key.run)"
      try harness.executor.launch(Harness.shell(key, "echo ready; exec sleep 1000"))
      try await harness.waitForOutput(of: key, "ready")
      harness.executor.removeRun(key.run)
      harness.executor.removePostponedRuns()
      #expect(try access(harness.executor.path(of: key, file: "work"), F_OK) == 0)
      try harness.executor.kill(key, grace: .zero, reason: "run_stopped", untilGone: true)
      _ = try await harness.outcomes.of(key)
      harness.executor.removeFiles(key)
      #expect(access(run, F_OK) != 0 && harness.executor.keptAttempts() == [])
    }
  }

  @Test("G60 after a crash of the machine a missing claim is no proof that nothing was started")
  func reboot() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let keys = (1...3).map { Harness.key("n\($0)") }
    try await withExecutor(directory: directory) {
      let finding = try $0.executor.attach(keys[0])
      #expect(finding == .unclaimed)
    }
    try HostileProgramTests.write(directory + "/boot", "another\n")
    try await withExecutor(directory: directory) {
      guard case .ended(let outcome) = try $0.executor.attach(keys[1]) else {
        Issue.record("not ended")
        return
      }
      #expect(outcome.exit == .lost)
    }
    try await withExecutor(directory: directory) {
      let finding = try $0.executor.attach(keys[2])
      #expect(finding == .unclaimed)
    }
  }

  @Test("a server ends with its engine, also when somebody else holds the socket")
  func serverOfDeadEngine() async throws {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 3)
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    // The shell is the engine; it writes down the pid of its server.
    let script = #""$1" --serve 3 none $$ & echo $! > "$2/pid.tmp"; mv "$2/pid.tmp" "$2/pid"; wait"#
    let words = ["/bin/sh", "-c", script, "sh", try shimPath(), directory]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var engine: pid_t = 0
    try #require(posix_spawn(&engine, words[0], &actions, nil, arguments, environ) == 0)
    close(ends[1])
    try await HostileProgramTests.waitForFile(directory + "/pid")
    let server = try #require(readFile(directory + "/pid").flatMap { pid_t($0.dropLast()) })
    kill(engine, SIGKILL)
    var status: Int32 = 0
    waitpid(engine, &status, 0)
    try await withDeadline {
      // Until it is gone, or a zombie for want of somebody who waits for it.
      while let stat = readFile("/proc/\(server)/stat"), !stat.contains(") Z") {
        try Task.checkCancellation()
        await Task.yield()
      }
    }
  }
}
