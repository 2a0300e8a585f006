import Foundation
import Glibc
import Testing

/// A ttrpc connection byte by byte (wire.md), for what a client library would hide.
final class WireConnection: Sendable {
  /// What has come so far, and whether the server has closed the connection.
  struct Received: CustomStringConvertible {
    var bytes: [UInt8] = []
    var isClosed = false

    /// The answers: stream id and status code.
    var answers: [(id: UInt32, code: UInt8)] {
      var answers: [(UInt32, UInt8)] = []
      var rest = bytes[...]
      while rest.count >= 10 {
        let header = Array(rest.prefix(10))
        let length = Self.number(header[0..<4])
        guard rest.count >= 10 + length else { break }
        let body = Array(rest.dropFirst(10).prefix(length))
        if header[8] == 2 { answers.append((UInt32(Self.number(header[4..<8])), Self.code(body))) }
        rest = rest.dropFirst(10 + length)
      }
      return answers
    }

    var description: String { "\(answers.map { "\($0.id): \($0.code)" }) closed: \(isClosed)" }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
      bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    /// The code in a Response: field 1 is the Status, whose field 1 is the code; absent is OK.
    private static func code(_ body: [UInt8]) -> UInt8 {
      guard body.first == 0x0A else { return 0 }
      let status = body.dropFirst().drop { $0 & 0x80 != 0 }.dropFirst()
      return status.first == 0x08 ? status.dropFirst().first ?? 0 : 0
    }
  }

  let received = Observed(Received())
  private let descriptor: Int32

  /// Connects to a Unix socket.
  init(socket path: String) throws {
    descriptor = Glibc.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(connected == 0)
    Thread.detachNewThread { [received, descriptor] in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        received.update { [bytes = Array(buffer[..<count])] in $0.bytes += bytes }
      }
      received.update { $0.isClosed = true }
    }
  }

  deinit { close(descriptor) }

  func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Sends requests in one write.
  func send(_ requests: [[UInt8]]) {
    let bytes = requests.flatMap(\.self)
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// The code that answers a call; nil when the connection was closed instead.
  func code(of id: UInt32) async throws -> UInt8? {
    try await received.first("the answer of call \(id)") { received -> UInt8?? in
      if let answer = received.answers.first(where: { $0.id == id }) { return answer.code }
      return received.isClosed ? .some(nil) : nil
    }
  }

  /// A unary request.
  static func request(
    _ id: UInt32, _ service: String, _ method: String, _ payload: [UInt8] = []
  ) -> [UInt8] {
    var data = field(1, Array(service.utf8)) + field(2, Array(method.utf8))
    if !payload.isEmpty { data += field(3, payload) }
    let length = UInt32(data.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
      + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: id >> $0) } + [1, 0] + data
  }

  /// A field of less than 128 bytes.
  static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count < 128, "a length of one byte")
    return [number << 3 | 2, UInt8(bytes.count)] + bytes
  }
}
