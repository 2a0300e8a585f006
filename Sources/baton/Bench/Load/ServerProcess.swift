internal import BatonClient
internal import BatonRPC
internal import Glibc

/// Finds the process that listens at an address of this machine, for its processor time.
enum ServerProcess {
  /// The process, or nil where it is not found or not on this machine.
  static func find(_ address: String) -> Int32? {
    guard let endpoint = try? Endpoint(address) else { return nil }
    let inodes =
      switch endpoint {
      case .tcp(_, let port): inodes(ofPort: port)
      case .unix(let path): inodes(ofSocket: path)
      }
    return inodes.isEmpty ? nil : process(holding: inodes)
  }

  /// The sockets that listen on a TCP port, from the kernel's tables.
  private static func inodes(ofPort port: Int) -> Set<String> {
    let listening = "0A"
    return table("/proc/net/tcp").union(table("/proc/net/tcp6"))

    func table(_ path: String) -> Set<String> {
      Set(
        rows(path).compactMap { fields in
          guard fields.count > 9, fields[3] == listening,
            let hex = fields[1].split(separator: ":").last, Int(hex, radix: 16) == port
          else { return nil }
          return String(fields[9])
        })
    }
  }

  private static func inodes(ofSocket path: String) -> Set<String> {
    Set(
      rows("/proc/net/unix").compactMap { fields in
        guard fields.count == 8, fields[7].hasSuffix(path) else { return nil }
        return String(fields[6])
      })
  }

  private static func rows(_ path: String) -> [[Substring]] {
    guard let bytes = try? InputFile.read(path) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: " ")
    }
  }

  private static func process(holding inodes: Set<String>) -> Int32? {
    let wanted = Set(inodes.map { "socket:[\($0)]" })
    for name in entries("/proc") {
      guard let pid = Int32(name) else { continue }
      let folder = "/proc/\(pid)/fd"
      for descriptor in entries(folder) {
        let target = SymbolicLink.target(of: "\(folder)/\(descriptor)")
        if let target, wanted.contains(target) { return pid }
      }
    }
    return nil
  }

  private static func entries(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
