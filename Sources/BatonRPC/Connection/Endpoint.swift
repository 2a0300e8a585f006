internal import BatonCore

/// Where a server listens.
public enum Endpoint: Sendable, Hashable {
  /// A host name or address and a port; port 0 asks for any free one.
  case tcp(host: String, port: Int)
  /// The path of a Unix socket.
  case unix(path: String)

  /// Reads `host:port`, `[address]:port` or `unix:/path`.
  ///
  /// - Throws: `address_invalid`.
  public init(_ text: String) throws {
    if text.hasPrefix("unix:") {
      let path = text.dropFirst("unix:".count)
      guard !path.isEmpty else { throw Self.invalid(text) }
      self = .unix(path: String(path))
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { throw Self.invalid(text) }
    var host = text[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw Self.invalid(text)
    }
    guard !host.isEmpty else { throw Self.invalid(text) }
    self = .tcp(host: String(host), port: Int(port))
  }

  private static func invalid(_ text: String) -> any Error {
    BatonError(
      .invalidArgument, "address_invalid", "\(text) is no address",
      hint: "write HOST:PORT, [IPV6]:PORT or unix:PATH")
  }
}

extension Endpoint: CustomStringConvertible {
  /// The address as it is written.
  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
