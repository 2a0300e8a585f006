import Foundation
import Glibc
import Testing

/// A directory of a test's own, with what its programs and the test tell each other by.
struct Scratch: Sendable {
  let path: String

  init() throws {
    // Short: paths of Unix sockets have at most 107 bytes.
    let number = UInt32.random(in: 0...UInt32.max)
    path = "/tmp/baton-it-\(getpid())-\(number)"
    try #require(mkdir(path, 0o700) == 0)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func read(_ name: String) -> String {
    (try? String(contentsOfFile: file(name), encoding: .utf8)) ?? ""
  }

  func lines(of name: String) -> [String] {
    read(name).split(separator: "\n").map(String.init)
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Ends what is left of the test: programs and their shims, known by their files in here.
  func endProcesses() {
    let mark = path + "/"
    for name in names(in: "/proc") {
      guard let pid = pid_t(name), pid != getpid() else { continue }
      let texts = ["environ", "cmdline"].compactMap {
        FileManager.default.contents(atPath: "/proc/\(pid)/\($0)")
      }
      let files = names(in: "/proc/\(pid)/fd").compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)")
      }
      let isOwn = texts.contains { String(decoding: $0, as: UTF8.self).contains(mark) }
      // Only shims: other processes may have inherited a file that was open when they began.
      let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")
      let isShim = program?.hasSuffix("/baton-shim") ?? false
      if isOwn || isShim && files.contains(where: { $0.hasPrefix(mark + "data/") }) {
        kill(pid, SIGKILL)
      }
    }
  }

  private func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }
}

/// A pipe into which programs write lines for the test.
final class Mailbox: Sendable {
  let path: String
  let lines = Observed<[String]>([])
  private let descriptor: Int32
  private static let end = "end of mail"

  init(_ scratch: Scratch, _ name: String = "mail") throws {
    path = scratch.file(name)
    try #require(mkfifo(path, 0o600) == 0)
    // Open in both directions: neither side waits for the other.
    descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
    try #require(descriptor >= 0)
    Thread.detachNewThread { [lines, descriptor] in
      var rest = ""
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        rest += String(decoding: buffer[..<count], as: UTF8.self)
        var parts = rest.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        rest = parts.removeLast()
        if parts.contains(Self.end) { break }
        lines.update { [parts] in $0 += parts }
      }
      Glibc.close(descriptor)
    }
  }

  func close() {
    let bytes = Array((Self.end + "\n").utf8)
    _ = Glibc.write(descriptor, bytes, bytes.count)
  }

  /// Waits for a line that begins with a word, and gives the rest of it.
  func line(_ word: String) async throws -> String {
    try await lines.first("mail `\(word)`") { lines in
      lines.first { $0.hasPrefix(word + " ") }.map { String($0.dropFirst(word.count + 1)) }
    }
  }

  /// Waits until a number of lines have come.
  func count(_ number: Int) async throws {
    _ = try await lines.first("\(number) lines of mail") { $0.count >= number ? true : nil }
  }
}

/// A pipe on which programs wait until the test lets them go on, with `read x < PATH`.
final class Gate: Sendable {
  let path: String
  private let descriptor: Int32

  init(_ scratch: Scratch, _ name: String = "gate") throws {
    path = scratch.file(name)
    try #require(mkfifo(path, 0o600) == 0)
    descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
    try #require(descriptor >= 0)
  }

  deinit { close(descriptor) }

  /// Lets one program go on.
  func open(_ text: String = "go") {
    let bytes = Array((text + "\n").utf8)
    _ = Glibc.write(descriptor, bytes, bytes.count)
  }
}
