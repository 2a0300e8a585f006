import BatonCore
import BatonExec
import Glibc
import Testing

/// What a program gets, and what is known of its end (G52-G56).
@Suite struct ProgramTests {
  @Test("G56 the exit code is the program's", arguments: [0, 1, 3, 255])
  func exitCode(code: Int) async throws {
    try await withExecutor { harness in
      let outcome = try await harness.outcome(
        of: Harness.shell(Harness.key(), "exit \(code)"))
      #expect(outcome.exit == .exited(code: code))
      #expect(outcome.leftoverKilled == 0)
      #expect(outcome.kill == nil)
      #expect(try #require(outcome.startedAt) <= outcome.endedAt)
    }
  }

  @Test("WF-08 a program that a signal ends", arguments: [SIGKILL, SIGTERM, SIGSEGV])
  func signal(number: Int32) async throws {
    try await withExecutor { harness in
      let outcome = try await harness.outcome(
        of: Harness.shell(Harness.key(), "kill -\(number) $$"))
      #expect(outcome.exit == .signaled(Int(number)))
    }
  }

  @Test("G56 exec_failed says why")
  func execFailed() async throws {
    try await withExecutor { harness in
      let text = harness.directory + "/text"
      let file = try #require(fopen(text, "w"))
      fputs("echo no shell is involved\n", file)
      fclose(file)
      chmod(text, 0o700)
      let cases: [([String], String?, Int32)] = [
        (["no-such-program"], nil, ENOENT),
        (["/no/such/program"], nil, ENOENT),
        (["/tmp"], nil, EACCES),
        ([text], nil, ENOEXEC),
        (["true"], "/no/such/directory", ENOENT),
      ]
      for (index, (argv, cwd, expected)) in cases.enumerated() {
        let outcome = try await harness.outcome(
          of: LaunchSpec(
            key: Harness.key("n\(index)"), argv: argv, environment: [Harness.path],
            workingDirectory: cwd))
        guard case .execFailed(let number, let message) = outcome.exit else {
          Issue.record("\(argv): \(outcome.exit)")
          continue
        }
        #expect(number == Int(expected), "\(argv): \(message)")
      }
    }
  }

  @Test("G53 arguments arrive byte for byte")
  func arguments() async throws {
    try await withExecutor { harness in
      let arguments = ["a b", "", "$HOME `x` \\ \"q\" 'q'", "ü\n\t\u{7f}", "*", "-n"]
      let key = Harness.key()
      let outcome = try await harness.outcome(
        of: LaunchSpec(
          key: key, argv: ["printf", "%s|"] + arguments, environment: [Harness.path]))
      #expect(outcome.exit == .exited(code: 0))
      #expect(try await harness.output(of: key) == arguments.map { $0 + "|" }.joined())
    }
  }

  @Test("G54 the environment is exactly the one given, and the three marks of the attempt")
  func environment() async throws {
    try await withExecutor { harness in
      setenv("LEAK", "yes", 1)
      let key = Harness.key("node-1", attempt: 4)
      let given = [Harness.path, EnvironmentVariable("X", "a=b\nc"), EnvironmentVariable("E", "")]
      let outcome = try await harness.outcome(
        of: LaunchSpec(key: key, argv: ["env", "-0"], environment: given))
      #expect(outcome.exit == .exited(code: 0))
      let lines = try await harness.output(of: key).split(separator: "\0").map(String.init)
      #expect(
        lines == [
          "PATH=/usr/local/bin:/usr/bin:/bin", "X=a=b\nc", "E=", "BATON_RUN_ID=\(key.run)",
          "BATON_NODE=node-1", "BATON_ATTEMPT=4",
        ])
    }
  }

  @Test("G53 standard input is empty, signals are as at boot, the group and session are its own")
  func surroundings() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let script = """
        cat | wc -c
        grep -E 'Sig(Blk|Ign)' /proc/self/status | cut -f2 | tr '\\n' ' '
        umask; pwd; ls -A | wc -l
        cut -d' ' -f5,6 /proc/$$/stat; echo $$
        """
      let outcome = try await harness.outcome(of: Harness.shell(key, script))
      #expect(outcome.exit == .exited(code: 0))
      let lines = try await harness.output(of: key).split(separator: "\n").map(String.init)
      #expect(lines[0] == "0")
      #expect(lines[1].hasPrefix("0000000000000000 0000000000000000 0022"))
      #expect(lines[2] == (try harness.executor.path(of: key, file: "work")))
      #expect(lines[3] == "0")
      #expect(lines[4] == "\(lines[5]) \(lines[5])", "a group and a session of its own")
    }
  }

  @Test("G53 only descriptors 0, 1 and 2 are open")
  func descriptors() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      _ = try await harness.outcome(
        of: LaunchSpec(key: key, argv: ["ls", "/proc/self/fd"], environment: [Harness.path]))
      #expect(try await harness.output(of: key) == "0\n1\n2\n3\n", "3 is the directory ls reads")
    }
  }

  @Test("files are readable by their variable, mode 0600, and gone after the outcome")
  func files() async throws {
    try await withExecutor { harness in
      var spec = Harness.shell(
        Harness.key(), #"cat "$BATON_TOKEN_JSON"; stat -c %a "$BATON_TOKEN_JSON""#)
      spec.files = [
        AttemptFile(name: "token.json", variable: "BATON_TOKEN_JSON", contents: Array("{}\n".utf8))
      ]
      _ = try await harness.outcome(of: spec)
      #expect(try await harness.output(of: spec.key) == "{}\n600\n")
      harness.executor.removeFiles(spec.key)
      let path = try harness.executor.path(of: spec.key)
      #expect(access(path + "/token.json", F_OK) != 0)
      #expect(access(path + "/launch", F_OK) != 0)
      #expect(access(path + "/work", F_OK) != 0)
      #expect(access(path + "/claim", F_OK) == 0)
      #expect(try await harness.output(of: spec.key) == "{}\n600\n", "logs stay")
      harness.executor.removeRun(spec.key.run)
      #expect(access(path, F_OK) != 0)
    }
  }

  @Test("a specification that cannot be launched is refused")
  func invalid() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      var specs = [LaunchSpec(key: key, argv: []), LaunchSpec(key: key, argv: ["a\0b"])]
      specs.append(LaunchSpec(key: key, argv: ["a"], environment: [EnvironmentVariable("A=B", "")]))
      specs.append(LaunchSpec(key: key, argv: ["a"], workingDirectory: "relative"))
      for name in ["../x", "claim", "outcome.tmp", "stdout.0", "a/b", ""] {
        specs.append(
          LaunchSpec(key: key, argv: ["a"], files: [AttemptFile(name: name, contents: [])]))
      }
      var climbing = key
      climbing.node = "../../x"
      specs.append(LaunchSpec(key: climbing, argv: ["a"]))
      for spec in specs {
        #expect { try harness.executor.launch(spec) } throws: {
          ($0 as? ExecError)?.code == .invalid
        }
      }
    }
  }

  @Test("a shim that cannot be started is told at once")
  func noShim() async throws {
    try await withExecutor(configure: useNoShim) { harness in
      let spec = Harness.shell(Harness.key(), "exit 0")
      #expect { try harness.executor.launch(spec) } throws: {
        ($0 as? ExecError)?.code == .shimUnavailable
      }
    }
  }

  @Test("many attempts at once each have one outcome, their own")
  func many() async throws {
    try await withExecutor { harness in
      let keys = (0..<200).map { Harness.key("n\($0)") }
      for (index, key) in keys.enumerated() {
        try harness.executor.launch(Harness.shell(key, "echo \(index); exit \(index)"))
      }
      for (index, key) in keys.enumerated() {
        let outcome = try await harness.outcomes.of(key)
        #expect(outcome.exit == .exited(code: index))
        #expect(try await harness.output(of: key) == "\(index)\n")
        #expect(harness.outcomes.all(of: key).count == 1)
      }
    }
  }
}
