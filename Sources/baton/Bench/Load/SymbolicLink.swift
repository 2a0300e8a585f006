internal import Glibc

/// Symbolic links, such as those below /proc.
enum SymbolicLink {
  /// Where a link leads; nil where there is none.
  static func target(of path: String) -> String? {
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      buffer.withMemoryRebound(to: CChar.self) { buffer in
        guard let start = buffer.baseAddress else { return }
        count = max(0, readlink(path, start, buffer.count))
      }
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
