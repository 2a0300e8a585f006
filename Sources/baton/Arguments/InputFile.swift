internal import BatonClient
internal import Glibc

/// Files that users name; `-` is standard input.
package enum InputFile {
  /// The content of a file.
  ///
  /// - Throws: INVALID_ARGUMENT `file_unreadable`.
  package static func read(_ path: String) throws -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { if path != "-" { close(descriptor) } }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = buffer.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count == 0 { return content }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw unreadable(path) }
      content += buffer[..<count]
    }
  }

  /// The name of a file in messages.
  package static func name(_ path: String) -> String {
    path == "-" ? "standard input" : path
  }

  private static func unreadable(_ path: String) -> BatonError {
    BatonError(
      .invalidArgument, "file_unreadable",
      "cannot read \(name(path)): \(String(cString: strerror(errno)))")
  }
}
