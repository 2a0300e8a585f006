internal import Glibc

/// Where a command writes: data to standard output, everything else to standard error.
package struct Console: Sendable {
  /// What standard output is.
  package let output: Terminal
  /// What standard error is.
  package let errors: Terminal

  /// The console of this process.
  static func ofProcess() -> Console {
    Console(output: Terminal.of(STDOUT_FILENO), errors: Terminal.of(STDERR_FILENO))
  }

  /// Writes a line of data.
  func line(_ text: String) {
    data(Array((text + "\n").utf8))
  }

  /// Writes lines of data with one call.
  func lines(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    data(Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  /// Writes a JSON document as one line.
  func json(_ value: JSONValue) {
    line(value.text)
  }

  /// Writes bytes of data as they are.
  func data(_ bytes: [UInt8]) {
    Self.write(bytes, to: STDOUT_FILENO)
  }

  /// Writes a line that is no data.
  func note(_ text: String) {
    Self.write(Array((text + "\n").utf8), to: STDERR_FILENO)
  }

  /// Writes to standard error without a line end, for progress.
  func progress(_ text: String) {
    Self.write(Array(text.utf8), to: STDERR_FILENO)
  }

  /// Ends the process because data could not be written: what was asked for has not arrived.
  private static func fail(_ number: Int32, _ descriptor: Int32) -> Never {
    if descriptor != STDERR_FILENO {
      let reason = String(cString: strerror(number))
      write(Array("error: internal: the output cannot be written: \(reason)\n".utf8), to: 2)
    }
    exit(8)
  }

  /// Writes everything; a reader that went away ends the process quietly, as `head` expects.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, -1)
      } else if errno != EINTR {
        if errno == EPIPE { exit(0) }
        fail(errno, descriptor)
      }
    }
  }
}
