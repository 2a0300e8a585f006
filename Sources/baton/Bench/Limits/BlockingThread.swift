internal import Glibc

/// A thread that may block, which no task may.
struct BlockingThread {
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let handle: pthread_t

  /// Starts a thread; nil when the system gives none.
  ///
  /// - Parameters:
  ///   - core: The core on which it is to stay; nil: any.
  ///   - body: What it does.
  init?(core: Int? = nil, _ body: @escaping @Sendable () -> Void) {
    var handle = pthread_t()
    let work = Unmanaged.passRetained(
      Work {
        if let core { Self.stay(on: core) }
        body()
      })
    let code = pthread_create(
      &handle, nil,
      { pointer in
        guard let pointer else { return nil }
        Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    guard code == 0 else {
      work.release()
      return nil
    }
    self.handle = handle
  }

  /// Waits for its end.
  func join() {
    pthread_join(handle, nil)
  }

  /// The cores that this process may use, ascending.
  static var cores: [Int] {
    var mask = [UInt8](repeating: 0, count: maskBytes)
    _ = mask.withUnsafeMutableBytes { affinity("sched_getaffinity")?(0, $0.count, $0.baseAddress) }
    return (0..<maskBytes * 8).filter { mask[$0 / 8] & (1 << UInt8($0 % 8)) != 0 }
  }

  private static func stay(on core: Int) {
    var mask = [UInt8](repeating: 0, count: maskBytes)
    guard core / 8 < maskBytes else { return }
    mask[core / 8] |= 1 << UInt8(core % 8)
    _ = mask.withUnsafeMutableBytes { affinity("sched_setaffinity")?(0, $0.count, $0.baseAddress) }
  }

  /// Bytes of a set of cores (`cpu_set_t`).
  private static let maskBytes = 128

  private typealias Affinity = @convention(c) (pid_t, Int, UnsafeMutableRawPointer?) -> Int32

  /// `sched_getaffinity` or `sched_setaffinity` of libc, which Swift's Glibc does not show.
  private static func affinity(_ name: String) -> Affinity? {
    dlsym(nil, name).map { unsafeBitCast($0, to: Affinity.self) }
  }
}
