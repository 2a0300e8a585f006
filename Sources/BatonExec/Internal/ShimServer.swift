internal import Glibc

/// The process that forks the shims (`serve.c`), and the socket to it.
///
/// It is started once per executor and ends when the socket closes; the shims go on without it.
struct ShimServer: Sendable {
  /// What the server can be asked for.
  enum Request {
    case launch(path: String)
    case sweep(path: String)
    case watch(ProcessIdentity)
    /// To the shim of an attempt that is asked for under the same id, else to the one given.
    case kill(ProcessIdentity?)
    case follow(path: String)
    case unfollow
  }

  /// What the server tells.
  struct Event {
    enum Kind: UInt32 {
      /// With the shim's exit status, or 128 and the signal that ended it; -1 when nobody knows.
      case ended = 0x45  // 'E'
      case refused = 0x52  // 'R'
      case armed = 0x41  // 'A'
      case changed = 0x43  // 'C'
    }

    var id: UInt64
    var kind: Kind
    var number: Int32
  }

  enum Sending { case sent, full, broken }
  enum Receiving {
    case event(Event)
    case nothing, broken
  }

  let pid: pid_t
  let socket: Int32

  static func start(shim: String, cgroup: String) throws(ExecError) -> ShimServer {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw unavailable("cannot create a socket", errno)
    }
    defer { close(ends[1]) }
    var pid: pid_t = 0
    let failure = spawn(
      shim, arguments: ["--serve", "3", cgroup, "\(getpid())"], descriptor: (ends[1], as: 3),
      pid: &pid)
    guard failure == 0 else {
      close(ends[0])
      throw unavailable("cannot start \(shim)", failure)
    }
    return ShimServer(pid: pid, socket: ends[0])
  }

  /// Ends the server and waits until it is gone.
  func stop() {
    close(socket)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  }

  /// Sends a request without waiting for room.
  func send(_ request: [UInt8]) -> Sending {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    while true {
      let count = request.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, flags) }
      if count >= 0 { return .sent }
      switch errno {
      case EINTR: continue
      case EAGAIN, ENOBUFS: return .full
      default: return .broken
      }
    }
  }

  func receive() -> Receiving {
    var bytes: (UInt64, UInt32, Int32) = (0, 0, 0)
    let count = withUnsafeMutableBytes(of: &bytes) {
      recv(socket, $0.baseAddress, 16, Int32(MSG_DONTWAIT))
    }
    if count < 0, errno == EAGAIN || errno == EINTR { return .nothing }
    guard count == 16, let kind = Event.Kind(rawValue: bytes.1) else { return .broken }
    return .event(Event(id: bytes.0, kind: kind, number: bytes.2))
  }

  /// The bytes of a request: the layout of `struct request` in `serve.c`.
  static func encode(_ request: Request, id: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var identity = ProcessIdentity(pid: 0, start: 0)
    var path = ""
    let kind: UInt8
    switch request {
    case .launch(let it): (kind, path) = (UInt8(ascii: "L"), it)
    case .sweep(let it): (kind, path) = (UInt8(ascii: "S"), it)
    case .watch(let it): (kind, identity) = (UInt8(ascii: "W"), it)
    case .kill(let it):
      kind = UInt8(ascii: "K")
      if let it { identity = it }
    case .follow(let it): (kind, path) = (UInt8(ascii: "F"), it)
    case .unfollow: kind = UInt8(ascii: "U")
    }
    bytes.reserveCapacity(24 + path.utf8.count)
    withUnsafeBytes(of: id) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: identity.start) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: identity.pid) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: UInt32(kind)) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: path.utf8)
    return bytes
  }

  private static func unavailable(_ what: String, _ number: Int32) -> ExecError {
    ExecError(.shimUnavailable, "\(what): \(Files.message(number))", errno: number)
  }

  /// Starts a shim program with one descriptor and nothing else of ours.
  static func spawn(
    _ program: String, arguments: [String], descriptor: (Int32, as: Int32), pid: inout pid_t
  ) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    // Shims outlive us; whoever reads our standard error shall see its end.
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    posix_spawn_file_actions_adddup2(&actions, descriptor.0, descriptor.as)
    var argv = ([program] + arguments).map { strdup($0) }
    argv.append(nil)
    defer { for argument in argv { free(argument) } }
    // Nothing is inherited; what is there is room for the names under which `ps` shows the shims.
    let room = strdup("BATON_SHIM_TITLE=" + String(repeating: "-", count: 240))
    defer { free(room) }
    var environment = [room, nil]
    return posix_spawn(&pid, program, &actions, nil, argv, &environment)
  }
}
