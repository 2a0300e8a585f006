import BatonCore
import BatonExec
import BatonStore
import Foundation
import Synchronization
import Testing

/// How the services of a test are put together.
enum Deployment: String, CaseIterable, CustomTestStringConvertible, Sendable {
  /// One store in memory.
  case memory
  /// One SQLite store, held by one process.
  case sqlite
  /// Engine and token store each with a SQLite store of its own on one directory.
  case split

  var testDescription: String { rawValue }
}

/// Stores and a directory that outlive engines, as a machine outlives its processes.
final class House: Sendable {
  let directory: String
  let engineStore: any Store
  let tokenStore: any Store

  /// Tests on split deployments hold two inotify instances each, of which a user has few (128).
  private static let rooms = Rooms(16)

  /// Runs a test in a fresh house.
  static func with<Result>(
    _ deployment: Deployment, _ body: (House) async throws -> Result
  ) async throws -> Result {
    await rooms.enter(deployment)
    defer { rooms.leave(deployment) }
    let house = try House(deployment)
    do {
      let result = try await body(house)
      try await house.close()
      return result
    } catch {
      try await house.close()
      throw error
    }
  }

  private init(_ deployment: Deployment) throws {
    directory = "/tmp/baton-engine-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let clock: @Sendable () -> Timestamp = { TestClock().now() }
    switch deployment {
    case .memory:
      engineStore = MemoryStore(clock: clock)
      tokenStore = engineStore
    case .sqlite:
      engineStore = try SQLiteStore(SQLiteOptions(directory: directory, clock: clock))
      tokenStore = engineStore
    case .split:
      let options = SQLiteOptions(directory: directory, exclusive: false, clock: clock)
      engineStore = try SQLiteStore(options)
      tokenStore = try SQLiteStore(options)
    }
  }

  private func close() async throws {
    await engineStore.close()
    await tokenStore.close()
    try FileManager.default.removeItem(atPath: directory)
  }
}

/// The system's time.
struct TestClock: WallClock {
  func now() -> Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }
}

/// The system's time, later by what a test has moved it.
final class MovableClock: WallClock {
  private let moved = Mutex(Duration.zero)

  func now() -> Timestamp { TestClock().now().advanced(by: moved.withLock { $0 }) }
  func move(by duration: Duration) { moved.withLock { $0 += duration } }
}

/// The shim beside the tests, or the one named by `BATON_SHIM`.
func shimPath() throws -> String {
  if let given = ProcessInfo.processInfo.environment["BATON_SHIM"] { return given }
  var places = CommandLine.arguments.filter { $0.contains(".xctest") || $0.contains(".build") }
  places.append(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
  for place in places {
    var folder = URL(fileURLWithPath: place)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let shim = folder.path + "/baton-shim"
      if FileManager.default.isExecutableFile(atPath: shim) { return shim }
    }
  }
  throw ExecError(.shimUnavailable, "no baton-shim beside \(places)")
}

/// Bounds the split deployments that stand at a time.
private final class Rooms: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: count)) }

  func enter(_ deployment: Deployment) async {
    guard deployment == .split else { return }
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.free == 0 else {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func leave(_ deployment: Deployment) {
    guard deployment == .split else { return }
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
