import Foundation
import Glibc
import Testing

/// A file system of a few MiB for a test's data directory.
struct SmallDisk {
  /// Whether this process may mount one, found out by doing it.
  static let isAvailable: Bool = {
    guard geteuid() == 0, let scratch = try? Scratch() else { return false }
    defer { scratch.remove() }
    guard (try? mount(scratch.path, megabytes: 1)) != nil else { return false }
    unmount(scratch.path)
    return true
  }()

  let path: String

  /// Takes all the room there is.
  func fill() throws {
    let file = open(path + "/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    for size in [1 << 16, 1] {
      let bytes = [UInt8](repeating: 0, count: size)
      while write(file, bytes, size) > 0 {}
      try #require(errno == ENOSPC)
    }
  }

  func clear() throws { try #require(unlink(path + "/filler") == 0) }

  /// Mounts it again so that nothing can be written, or so that it can; no server runs.
  func remount(readOnly: Bool) throws {
    try Self.run("/bin/mount", ["-o", readOnly ? "remount,ro" : "remount,rw", path])
  }

  /// Mounts a disk at the data directory of an installation, and leaves nothing of it behind.
  static func with(
    _ deployment: Deployment, megabytes: Int = 24,
    _ body: (Installation, SmallDisk) async throws -> Void
  ) async throws {
    try await withPlace {
      let installation = Installation(deployment, try Scratch())
      let disk = SmallDisk(path: installation.dataDirectory)
      try #require(mkdir(disk.path, 0o700) == 0)
      try mount(disk.path, megabytes: megabytes)
      let result: Result<Void, any Error>
      do {
        try await installation.start()
        try await body(installation, disk)
        result = .success(())
      } catch {
        installation.reportEnded()
        result = .failure(error)
      }
      await installation.end()
      unmount(disk.path)
      installation.scratch.remove()
      try result.get()
    }
  }

  private static func mount(_ path: String, megabytes: Int) throws {
    try run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700", "tmpfs", path])
  }

  private static func unmount(_ path: String) {
    // Lazily: what still runs in it keeps it no longer than it lives.
    try? run("/bin/umount", ["--lazy", path])
  }

  private static func run(_ program: String, _ arguments: [String]) throws {
    let process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(program) \(arguments)")
  }
}
