internal import BatonClient
internal import Glibc
internal import Synchronization

/// Round trips of a small message over TCP on the loopback, by two threads that block.
enum LoopbackPingPong {
  /// About what a read of a token takes on the wire.
  private static let messageBytes = 100

  /// Measures with each side on a core of its own, or with both on one.
  ///
  /// Where the sides run decides more than what they do: waking another core costs many times
  /// what a switch on the same core costs.
  ///
  /// - Throws: INTERNAL `internal` when there is no socket or thread.
  static func measure(seconds: Double, cores: (Int, Int)) throws -> MachineLimits.Rate {
    let (near, far) = try connectedPair()
    defer { close(near) }
    let echo = BlockingThread(core: cores.1) {
      var buffer = [UInt8](repeating: 0, count: messageBytes)
      while receive(far, &buffer) && send(far, buffer) {}
      close(far)
    }
    guard let echo else { throw failure("start a thread") }
    let result = Outcome()
    let call = BlockingThread(core: cores.0) {
      let rate = exchange(near, seconds: seconds)
      result.rate.withLock { $0 = rate }
      shutdown(near, Int32(SHUT_RDWR))
    }
    guard let call else {
      shutdown(near, Int32(SHUT_RDWR))
      echo.join()
      throw failure("start a thread")
    }
    call.join()
    echo.join()
    return result.rate.withLock { $0 }
  }

  private final class Outcome: Sendable {
    let rate = Mutex(MachineLimits.Rate([], seconds: 1))
  }

  private static func exchange(_ socket: Int32, seconds: Double) -> MachineLimits.Rate {
    var buffer = [UInt8](repeating: 0x2A, count: messageBytes)
    var times: [UInt64] = []
    let start = MonotonicTime.nanoseconds()
    var begin = start
    while begin - start < UInt64(seconds * 1e9) {
      guard send(socket, buffer), receive(socket, &buffer) else { break }
      let now = MonotonicTime.nanoseconds()
      times.append(now - begin)
      begin = now
    }
    return MachineLimits.Rate(times, seconds: MonotonicTime.seconds(since: start))
  }

  /// Receives a whole message; false at the end of the connection.
  private static func receive(_ socket: Int32, _ buffer: inout [UInt8]) -> Bool {
    var done = 0
    while done < buffer.count {
      let count = buffer.withUnsafeMutableBytes { bytes in
        recv(socket, bytes.baseAddress.map { $0 + done }, bytes.count - done, 0)
      }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Sends a whole message; so small a one is never sent in part.
  private static func send(_ socket: Int32, _ buffer: [UInt8]) -> Bool {
    let count = buffer.withUnsafeBytes { bytes in
      Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }
    return count == buffer.count
  }

  private static func connectedPair() throws -> (Int32, Int32) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let listener = socket(AF_INET, kind, 0)
    guard listener >= 0 else { throw failure("make a socket") }
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && listen(listener, 1) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    let near = socket(AF_INET, kind, 0)
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        isListening && connect(near, pointer, length) == 0
      }
    }
    let far = isConnected ? accept(listener, nil, nil) : -1
    guard far >= 0 else {
      if near >= 0 { close(near) }
      throw failure("connect over the loopback")
    }
    for socket in [near, far] {
      var on: Int32 = 1
      setsockopt(
        socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    return (near, far)
  }

  private static func failure(_ what: String) -> BatonError {
    BatonError(
      .internal, "internal", "cannot \(what): \(String(cString: strerror(errno)))")
  }
}
