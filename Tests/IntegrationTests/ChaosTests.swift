import Foundation
import Testing

/// Servers killed at random moments while runs are active, in a short form of `Scripts/chaos`.
@Suite struct ChaosTests {
  @Test(
    "R1, R2, TK-34: killed at random moments, runs finish, attempts end once, no value is lost",
    .enabled(if: FileManager.default.isExecutableFile(atPath: python), "it needs \(python)"),
    arguments: Deployment.allCases)
  func kills(deployment: Deployment) async throws {
    try await withPlace {
      let scratch = try Scratch()
      defer { scratch.remove() }
      let executables = URL(fileURLWithPath: try Executables.path(of: "batond"))
        .deletingLastPathComponent().path
      let process = try ChildProcess(
        Self.python,
        [
          Self.script, "--kills", "6", "--runs", "24", "--services", deployment.rawValue,
          "--executables", executables,
        ], environment: Executables.environment, directory: scratch.path)
      let answer = try await Baton.answer(of: process)
      #expect(answer.status == 0, "\(answer)")
      #expect(answer.output.contains("\nkills                 6 "), "\(answer)")
    }
  }

  private static let python = "/usr/bin/python3"
  private static let script = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Scripts/chaos").path
}
