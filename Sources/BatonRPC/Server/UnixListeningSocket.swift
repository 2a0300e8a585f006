internal import BatonCore
internal import Glibc

/// A Unix socket being listened on, with a file that only its owner may use.
struct UnixListeningSocket: Sendable {
  let descriptor: CInt
  private let path: String

  /// - Throws: `unavailable`, when another server listens there; `address_invalid`.
  init(path: String) throws {
    var address = try Self.address(path)
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    try Self.removeStaleFile(path, &address, length)
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | Self.closeOnExec, 0)
    guard descriptor >= 0 else { throw Self.failure("open a socket for", path) }
    // The file gets the mode that the socket has when it is bound: nobody else can connect, not
    // even for the moment between bind and chmod.
    let isListening = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        fchmod(descriptor, 0o600) == 0 && bind(descriptor, pointer, length) == 0
          && Glibc.listen(descriptor, 1_024) == 0
      }
    }
    guard isListening else {
      let error = Self.failure("listen on", path)
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
  }

  func removeFile() {
    unlink(path)
  }

  private static let closeOnExec = CInt(SOCK_CLOEXEC.rawValue)

  private static func address(_ path: String) throws -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let isFitting = withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard !bytes.isEmpty, bytes.count < target.count, !bytes.contains(0) else { return false }
      target.copyBytes(from: bytes)
      return true
    }
    guard isFitting else {
      throw BatonError(
        .invalidArgument, "address_invalid", "the path of a Unix socket has 1 to 107 bytes: \(path)"
      )
    }
    return address
  }

  /// Removes the file of a server that is gone; one that still answers keeps it.
  private static func removeStaleFile(
    _ path: String, _ address: inout sockaddr_un, _ length: socklen_t
  ) throws {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
    let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | closeOnExec, 0)
    guard probe >= 0 else { throw failure("open a socket for", path) }
    defer { close(probe) }
    let answer = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(probe, $0, length) }
    }
    if answer == 0 {
      throw BatonError(
        .unavailable, "unavailable", "another server listens on unix:\(path)")
    }
    if errno == ECONNREFUSED { unlink(path) }
  }

  private static func failure(_ action: String, _ path: String) -> BatonError {
    BatonError(
      .unavailable, "unavailable",
      "cannot \(action) unix:\(path): \(String(cString: strerror(errno)))")
  }
}
