import Foundation
import Testing

/// The captured output of programs (G55, WF-36).
@Suite struct LogTests {
  @Test("WF-36: lines of a running node come as they are written", arguments: Deployment.allCases)
  func follow(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": """
          echo first; echo complaint >&2
          echo ready > $D/mail
          read x < $D/gate; echo "then $x"
          read x < $D/gate; printf 'no line end'
          """
        ], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      let follower = try installation.start("logs", id, "A", "--follow")
      let errors = try installation.start("logs", id, "A", "--follow", "--stderr", "--json")
      _ = try await follower.line(beginning: "first")
      _ = try await errors.line(beginning: #"{"stream":"STDERR","offset":0,"#)
      for word in ["one", "two"] {
        gate.open(word)
        if word == "one" { _ = try await follower.line(beginning: "then one") }
      }
      let followed = try await Baton.answer(of: follower)
      #expect(followed.status == 0, "\(followed)")
      #expect(followed.output == "first\nthen one\nno line end")
      #expect(try await Baton.answer(of: errors).status == 0)
      #expect(try await installation.end(of: id).status == "COMPLETED")
      let all = try await installation.done("logs", id, "A")
      #expect(all.output == followed.output)
      #expect(try await installation.done("logs", id, "A", "--stderr").output == "complaint\n")
      try await installation.stop()
    }
  }

  @Test("WF-36: of 80 MiB the first 8 and the newest are kept", arguments: Deployment.allCases)
  func large(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let total = 80 << 20
      try await installation.deploy(
        scripts: ["A": "yes 0123456789abcde | head -c \(total); printf 'the end'"],
        nodes: "- {name: A, program: A}")
      let answer = try await installation.baton("trigger", "demo/W", "--wait")
      #expect(answer.status == 0, "\(answer)")
      let path = installation.scratch.file("log")
      let reader = try installation.start("logs", answer.text, "A", "--follow", output: path)
      let read = try await Baton.answer(of: reader)
      #expect(read.status == 0, "\(read)")
      let note = try #require(read.errorLines.first)
      let words = note.split(separator: " ")
      #expect(note.hasPrefix("note: ") && note.hasSuffix(" bytes were not kept"), "\(note)")
      let dropped = try #require(words.count > 1 ? Int(words[1]) : nil)
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(data.count + dropped == total + 7, "every byte is there or counted")
      #expect(dropped > 0)
      #expect(data.count > 48 << 20)
      let line = Data("0123456789abcde\n".utf8)
      #expect(data.prefix(16) == line)
      #expect(data[(8 << 20) - 16..<8 << 20] == line, "the first 8 MiB are whole")
      #expect(data.suffix(23) == line + Data("the end".utf8))
      try await installation.stop()
    }
  }
}
