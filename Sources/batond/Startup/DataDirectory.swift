internal import Foundation
internal import Glibc

/// The data directory of an installation, with one holder for each role (C4).
final class DataDirectory {
  let path: String
  /// Where the engine's programs last knew the directory, when it is not there any more.
  private(set) var earlierPath: String?
  private var locks: [Int32] = []

  /// Creates the directory when it is missing (0700) and takes the roles.
  ///
  /// - Throws: ``StartupFailure`` when another process has a role, naming its pid.
  init(_ path: String, roles: Set<Role>) throws {
    self.path = path
    try Self.create(path)
    try Self.create(path + "/locks")
    for role in roles.sorted(by: { $0.rawValue < $1.rawValue }) {
      locks.append(try Self.lock(path + "/locks/\(role.rawValue)", role, path))
    }
    if roles.contains(.engine) { notePath() }
  }

  /// Keeps where the directory is, and learns where it was before.
  ///
  /// Programs that run across a move hold paths of the earlier place. What cannot be noted is
  /// noted by the next start.
  private func notePath() {
    let file = path + "/locks/path"
    let earlier = (try? String(contentsOfFile: file, encoding: .utf8)) ?? path
    guard earlier != path else {
      try? path.write(toFile: file, atomically: true, encoding: .utf8)
      return
    }
    var here = stat()
    var there = stat()
    let isSame =
      stat(path, &here) == 0 && stat(earlier, &there) == 0 && here.st_ino == there.st_ino
      && here.st_dev == there.st_dev
    if !isSame { earlierPath = earlier }
    try? path.write(toFile: file, atomically: true, encoding: .utf8)
  }

  /// Gives the roles back; the end of the process does so as well.
  func release() {
    for descriptor in locks { close(descriptor) }
    locks = []
  }

  private static func create(_ path: String) throws {
    guard mkdir(path, 0o700) != 0 else { return }
    let number = errno
    var status = stat()
    if number == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    throw StartupFailure(
      "the data directory \(path) cannot be made: \(String(cString: strerror(number)))",
      hint: "give --data a directory whose parent exists and is writable")
  }

  /// Takes the lock of a role; it ends with the process, however that ends.
  private static func lock(_ file: String, _ role: Role, _ directory: String) throws -> Int32 {
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StartupFailure(
        "\(file) cannot be opened: \(String(cString: strerror(errno)))",
        hint: "make the data directory \(directory) writable for the user of batond")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let holder = pid(in: descriptor)
      close(descriptor)
      throw StartupFailure(
        "process \(holder) serves \(role.rawValue) in \(directory) already",
        hint: "end it first, or give --data another directory")
    }
    ftruncate(descriptor, 0)
    let text = Array("\(getpid())\n".utf8)
    _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    return descriptor
  }

  private static func pid(in descriptor: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return "of unknown pid" }
    return String(decoding: buffer.prefix(count).prefix { $0 != 10 }, as: UTF8.self)
  }
}
