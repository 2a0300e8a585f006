import Foundation
import Glibc
import Testing

/// How `batond` begins, and why it does not (C1, C2, C4).
@Suite struct StartupTests {
  @Test("C2: one line for each address, and a private socket", arguments: Deployment.allCases)
  func addresses(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      for role in deployment.servers {
        let output = try installation.process(role).state.value.outputText
        let lines = output.split(separator: "\n")
        #expect(lines.count == (role == .tokens ? 1 : 2))
        #expect(lines.allSatisfy { $0.hasPrefix("listening on ") })
        #expect(!lines.contains { $0.hasSuffix(":0") }, "the real port")
        var status = stat()
        #expect(stat(installation.scratch.file("\(role.rawValue).sock"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
      }
      var status = stat()
      #expect(stat(installation.dataDirectory, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o700)
      try await installation.stop()
    }
  }

  @Test("C4: each role has one holder", arguments: Deployment.allCases)
  func secondHolder(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      for role in deployment.servers {
        let services = role == .whole ? "engine,tokens,scheduler" : role.rawValue
        let answer = try await Self.batond(
          "--data", installation.dataDirectory, "--listen", "127.0.0.1:0", "--services", services,
          "--tokens", "127.0.0.1:1", in: installation.scratch)
        #expect(answer.status == 1)
        #expect(answer.output == "")
        let pid = try installation.process(role).pid
        #expect(answer.errors.hasPrefix("error: process \(pid) serves "), "\(answer)")
        #expect(answer.errorLines.count == 2)
      }
      try await installation.stop()
    }
  }

  @Test("C4: a socket left by a killed server is no obstacle, one in use is")
  func socketInUse() async throws {
    try await withInstallation(.whole) { installation in
      let other = try Scratch()
      defer { other.remove() }
      let answer = try await Self.batond(
        "--data", other.file("data"), "--listen", installation.socketAddress, in: other)
      #expect(answer.status == 1)
      #expect(answer.errors.hasPrefix("error: "), "\(answer)")
      #expect(try await installation.baton("apps").status == 0, "the first one still serves")
      let free = try #require(installation.address.split(separator: ":").last)
      let port = try await Self.batond(
        "--data", other.file("data"), "--listen", "127.0.0.1:\(free)", in: other)
      #expect(port.status == 1)
      #expect(port.errors.hasPrefix("error: "), "\(port)")
    }
  }

  @Test(
    "wrong usage ends with 2",
    arguments: [["--nope"], ["--data"], ["config", "--nope"], ["serve", "nope"], ["nope"]])
  func usage(arguments: [String]) async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    let answer = try await Baton.batond(arguments, in: scratch)
    #expect(answer.status == 2, "\(answer)")
    #expect(answer.output == "")
    #expect(!answer.errors.isEmpty)
  }

  @Test(
    "C1: a wrong setting ends with 1, named with its source and a remedy",
    arguments: [
      (["--listen", "nowhere"], "setting listen (--listen): "),
      (["--listen", "0.0.0.0:0"], "setting listen (--listen): "),
      (["--services", "engine,cook"], "setting services (--services): `cook`"),
      (["--services", ","], "setting services (--services): "),
      (["--services", "engine"], "setting tokens (default): "),
      (["--log-level", "loud"], "setting log-level (--log-level): `loud`"),
      (["--log-format", "xml"], "setting log-format (--log-format): `xml`"),
      (
        ["--token-max-value-bytes", "3145729"],
        "setting token-max-value-bytes (--token-max-value-bytes): 3145729 is out of range"
      ),
      (["--token-max-bytes", "30 MiB"], "setting token-max-bytes (--token-max-bytes): `30 MiB`"),
      (["--token-max-bytes=-1"], "setting token-max-bytes (--token-max-bytes): -1 is out"),
      (
        ["--token-history-max-puts", "x"],
        "setting token-history-max-puts (--token-history-max-puts): `x` is no number"
      ),
      (["--config", "/nonexistent/file"], "the settings file /nonexistent/file cannot be read: "),
    ])
  func wrongSetting(arguments: [String], message: String) async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    for command in [arguments, ["config"] + arguments] {
      let answer = try await Baton.batond(command, in: scratch)
      #expect(answer.status == 1, "\(answer)")
      #expect(answer.errors.hasPrefix("error: " + message), "\(answer)")
      #expect(answer.errorLines.last?.hasPrefix("hint: ") == true, "\(answer)")
      #expect(answer.output == "")
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.file("baton-data")))
  }

  @Test("C1: an option wins over the environment, that over the file")
  func precedence() async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    let file = try scratch.write(
      """
      data: /file
      listen: [127.0.0.1:1, "unix:/file.sock"]
      log-level: debug
      log-format: json
      token_max_bytes: 1000

      """, to: "batond.yaml")
    let answer = try await Baton.batond(
      ["config", "--config", file, "--data", "/option"], in: scratch,
      environment: ["BATOND_DATA": "/environment", "BATOND_LOG_LEVEL": "error"])
    #expect(answer.status == 0, "\(answer)")
    #expect(answer.errors == "")
    let lines = answer.text.split(separator: "\n").map(String.init)
    #expect(lines.contains("data: /option  # --data"))
    #expect(lines.contains("listen: 127.0.0.1:1,unix:/file.sock  # \(file)"))
    #expect(lines.contains("log-level: error  # BATOND_LOG_LEVEL"))
    #expect(lines.contains("log-format: json  # \(file)"))
    #expect(lines.contains("services: engine,tokens,scheduler  # default"))
    #expect(lines.contains("token-max-bytes: 1000  # \(file)"))
    #expect(lines.contains("token-history-max-bytes: 10000  # default"))
    let named = try await Baton.batond(
      ["config"], in: scratch, environment: ["BATOND_CONFIG": file])
    #expect(named.text.contains("data: /file  # \(file)"))
  }

  @Test(
    "C1: a settings file that cannot be meant is refused",
    arguments: [
      ("dta: x", "unknown setting dta"), ("- data", "is no map"), ("data: [", "is no YAML"),
      ("log-level: loud", "`loud` is no level"),
    ])
  func settingsFile(content: String, message: String) async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    let file = try scratch.write(content, to: "batond.yaml")
    let answer = try await Baton.batond(["config", "--config", file], in: scratch)
    #expect(answer.status == 1)
    #expect(answer.errors.hasPrefix("error: ") && answer.errors.contains(message), "\(answer)")
    #expect(answer.errors.contains(file))
  }

  @Test("a data directory that cannot be used is refused")
  func dataDirectory() async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    try scratch.write("", to: "file")
    try FileManager.default.createDirectory(
      atPath: scratch.file("damaged"), withIntermediateDirectories: false)
    try scratch.write(String(repeating: "no database ", count: 1000), to: "damaged/baton.sqlite")
    for name in ["file", "file/data", "missing/data", "damaged"] {
      let answer = try await Self.batond(
        "--data", scratch.file(name), "--listen", "127.0.0.1:0", in: scratch)
      #expect(answer.status == 1, "\(name): \(answer)")
      #expect(answer.output == "")
      #expect(answer.errors.hasPrefix("error: the data"), "\(name): \(answer)")
      #expect(answer.errorLines.last?.hasPrefix("hint: ") == true, "\(name): \(answer)")
    }
  }

  @Test("a data directory without permission is refused", .enabled(if: geteuid() != 0))
  func forbiddenDirectory() async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    try #require(mkdir(scratch.file("closed"), 0) == 0)
    let answer = try await Self.batond(
      "--data", scratch.file("closed"), "--listen", "127.0.0.1:0", in: scratch)
    #expect(answer.status == 1)
    #expect(answer.errors.contains("Permission denied"), "\(answer)")
  }

  private static func batond(_ arguments: String..., in scratch: Scratch) async throws -> Answer {
    try await Baton.batond(arguments, in: scratch)
  }
}

extension Baton {
  /// Runs `batond` where it is expected to end by itself.
  static func batond(
    _ arguments: [String], in scratch: Scratch, environment: [String: String] = [:]
  ) async throws -> Answer {
    try await answer(
      of: ChildProcess(
        Executables.path(of: "batond"), arguments,
        environment: Executables.environment.merging(environment) { $1 },
        directory: scratch.path))
  }
}
