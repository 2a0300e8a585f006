internal import ArgumentParser
internal import Glibc

/// Lines for people, on standard error.
enum StandardError {
  static func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }
}

/// One line of standard output that is out before anything else happens (C2).
enum StandardOutput {
  static func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
  }
}

extension ParsableArguments {
  /// Ends the process.
  static func exit(withStatus status: Int32) -> Never {
    Glibc.exit(status)
  }
}
