import BatonCore
import BatonStore
import Foundation
import Testing

/// Counts syncs with `strace`, in a process of its own: this test executable, run again.
@Suite("SQLite store: syncs")
struct SQLiteSyncTests {
  private static let variable = "BATON_TEST_SYNC_DIRECTORY"
  private static let tracer = "/usr/bin/strace"
  private static var directory: String? { ProcessInfo.processInfo.environment[variable] }
  private static let commits = 20

  @Test("twenty commits, one after the other", .enabled(if: directory != nil))
  func tracedCommits() async throws {
    let directory = try #require(Self.directory)
    let store = try SQLiteStore(SQLiteOptions(directory: directory, clock: TestClock().now))
    for number in 1...Self.commits {
      try await store.commit { try $0.insertRun(Sample.run(number), nodes: []) }
    }
    await store.close()
  }

  @Test(
    "R1: each of N commits in sequence is synced",
    .enabled(if: directory == nil && FileManager.default.isExecutableFile(atPath: tracer)))
  func syncs() async throws {
    let directory = try TemporaryDirectory()
    let output = directory.path + "/trace"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.tracer)
    process.arguments = [
      "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", output,
      ProcessInfo.processInfo.arguments[0], "--testing-library", "swift-testing", "--filter",
      "SQLiteSyncTests",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(
      [Self.variable: directory.path], uniquingKeysWith: { $1 })
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in done.resume() }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        done.resume(throwing: error)
      }
    }
    let trace = try String(contentsOfFile: output, encoding: .utf8)
    let syncs = trace.split(separator: "\n").filter {
      $0.contains("sync(") && $0.contains(directory.path + "/baton.sqlite-wal")
    }
    #expect(syncs.count >= Self.commits)
  }
}
