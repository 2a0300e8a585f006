internal import BatonCore
internal import Foundation
internal import Glibc
internal import Synchronization

/// Carries wakes between processes that share a database, without polling.
///
/// Each process has a file of its own in `changes/`: the count of the runs it ever touched, and a
/// ring of the last of them. A commit writes the ring, inotify wakes the others, and they read
/// from where they had read to; whoever was lapped wakes everybody.
final class ChangeRelay: Sendable {
  /// Runs in the ring.
  private static let capacity: UInt64 = 4096
  private static let recordBytes = 16
  /// Stands for a growth of the event log.
  private static let logRecord = RunID(high: 0, low: 0)

  private let directory: String
  private let name: String
  private let feed: ChangeFeed
  private let file: Int32
  private let watch: Int32
  private let stopRead: Int32
  private let stopWrite: Mutex<Int32>
  private let written = Mutex<UInt64>(0)

  /// - Throws: `StoreError.failed`.
  init(_ parent: String, _ feed: ChangeFeed) throws(StoreError) {
    directory = parent + "/changes"
    name = "\(getpid())-\(UInt64.random(in: .min ... .max))"
    self.feed = feed
    if mkdir(directory, 0o700) != 0, errno != EEXIST {
      throw .failed("cannot make \(directory): errno \(errno)")
    }
    Self.removeStale(directory)
    var ends: [Int32] = [-1, -1]
    watch = inotify_init1(Int32(IN_CLOEXEC))
    guard pipe(&ends) == 0, watch >= 0,
      inotify_add_watch(watch, directory, UInt32(IN_MODIFY)) >= 0
    else { throw .failed("cannot watch \(directory): \(Self.message(errno))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    stopRead = ends[0]
    stopWrite = Mutex(ends[1])
    file = Glibc.open(directory + "/" + name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .failed("cannot make \(directory)/\(name): errno \(errno)") }
  }

  /// What an error number means here, where it is the bound of a resource that few know.
  private static func message(_ number: Int32) -> String {
    let text = String(cString: strerror(number))
    switch number {
    case EMFILE:
      return "\(text): no inotify instance is free; raise the sysctl "
        + "fs.inotify.max_user_instances, or the process's limit of open files"
    case ENOSPC:
      return "\(text): no inotify watch is free; raise the sysctl fs.inotify.max_user_watches"
    default: return text
    }
  }

  deinit {
    close(file)
    close(watch)
    close(stopRead)
    let end = stopWrite.withLock { $0 }
    if end >= 0 { close(end) }
    unlink(directory + "/" + name)
  }

  /// Tells the other processes what a commit touched.
  ///
  /// A wake that cannot be written is lost; the file lies beside the database, which then cannot
  /// be written either.
  func publish(_ touched: ChangeFeed.Touched) {
    var records = Array(touched.runs)
    if touched.events { records.append(Self.logRecord) }
    guard !records.isEmpty else { return }
    written.withLock { count in
      for record in records.suffix(Int(Self.capacity)) {
        var words = (record.high.bigEndian, record.low.bigEndian)
        pwrite(file, &words, Self.recordBytes, Self.offset(of: count))
        count += 1
      }
      var head = count.bigEndian
      pwrite(file, &head, 8, 0)
    }
  }

  /// Begins to listen to the other processes, on a thread of its own.
  func start() {
    let thread = Thread { [self] in listen() }
    thread.name = "baton-changes"
    thread.start()
  }

  /// Ends the thread.
  func stop() {
    stopWrite.withLock { end in
      if end >= 0 { close(end) }
      end = -1
    }
  }

  private static func offset(of record: UInt64) -> Int {
    8 + Int(record % capacity) * recordBytes
  }

  /// Sleeps in `poll` until another process has written, or until ``stop()``.
  private func listen() {
    var positions: [String: UInt64] = [:]
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      var waits = [
        pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stopRead, events: Int16(POLLIN), revents: 0),
      ]
      let ready = poll(&waits, 2, -1)
      if ready < 0, errno == EINTR { continue }
      if ready < 0 || waits[1].revents != 0 { return }
      let count = Glibc.read(watch, &buffer, buffer.count)
      guard count > 0 else { continue }
      let (names, overflowed) = Self.names(buffer[..<count])
      if overflowed { feed.publish(ChangeFeed.Touched(everything: true)) }
      for other in names where other != name { hear(other, &positions) }
    }
  }

  /// The names in a list of inotify events, and whether some were dropped.
  private static func names(_ bytes: ArraySlice<UInt8>) -> (Set<String>, Bool) {
    var names = Set<String>()
    var overflowed = false
    var place = bytes.startIndex
    // struct inotify_event: int wd; uint32_t mask, cookie, len; char name[len];
    while place + 16 <= bytes.endIndex {
      let header = bytes[place..<(place + 16)].withUnsafeBytes { bytes in
        (
          mask: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
          length: Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        )
      }
      if header.mask & UInt32(IN_Q_OVERFLOW) != 0 { overflowed = true }
      let end = min(place + 16 + header.length, bytes.endIndex)
      names.insert(String(decoding: bytes[(place + 16)..<end].prefix { $0 != 0 }, as: UTF8.self))
      place = end
    }
    return (names, overflowed)
  }

  /// Wakes whom the new records of another process concern.
  private func hear(_ other: String, _ positions: inout [String: UInt64]) {
    let descriptor = Glibc.open(directory + "/" + other, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      // Of a process that is gone nothing is missed; otherwise nobody may miss the wake.
      if errno == ENOENT {
        positions[other] = nil
      } else {
        feed.publish(ChangeFeed.Touched(everything: true))
      }
      return
    }
    defer { close(descriptor) }
    guard let head = Self.head(of: descriptor) else {
      return feed.publish(ChangeFeed.Touched(everything: true))
    }
    let last = positions[other] ?? 0
    positions[other] = head
    guard head > last else { return }
    var touched = ChangeFeed.Touched()
    for record in last..<max(last, min(head, last + Self.capacity)) {
      var words: (UInt64, UInt64) = (0, 0)
      pread(descriptor, &words, Self.recordBytes, Self.offset(of: record))
      let run = RunID(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
      if run == Self.logRecord { touched.events = true } else { touched.runs.insert(run) }
    }
    // Records may have been written over while they were read.
    let now = Self.head(of: descriptor) ?? .max
    feed.publish(
      now - last >= Self.capacity ? ChangeFeed.Touched(everything: true) : touched)
  }

  private static func head(of descriptor: Int32) -> UInt64? {
    var head: UInt64 = 0
    return pread(descriptor, &head, 8, 0) == 8 ? UInt64(bigEndian: head) : nil
  }

  /// Removes the files of processes that are gone.
  private static func removeStale(_ directory: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for name in names {
      guard let pid = name.split(separator: "-").first.flatMap({ pid_t($0) }) else { continue }
      if kill(pid, 0) != 0, errno == ESRCH { unlink(directory + "/" + name) }
    }
  }
}
