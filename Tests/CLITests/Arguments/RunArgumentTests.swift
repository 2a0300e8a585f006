import BatonClient
import Testing
import baton

@Suite struct RunArgumentTests {
  private static let id = "019a5e0c-7b1e-7c3a-9f00-1d2e3f405162"

  @Test(
    "SR42 every way to name a run is told apart",
    arguments: [
      (id, .id(id, namespace: nil)),
      (id.uppercased(), .id(id, namespace: nil)),
      ("\(id):Node:2", .id("\(id):Node:2", namespace: nil)),
      ("prod:\(id)", .id(id, namespace: "prod")),
      ("019a5e0c", .prefix("019a5e0c", namespace: nil)),
      ("019A5E0C-7b1e-7", .prefix("019a5e0c-7b1e-7", namespace: nil)),
      ("prod:019a5e0c-", .prefix("019a5e0c-", namespace: "prod")),
      ("019a5e0", .loose("019a5e0")),
      ("019a5e0c-7b1e-4c3a", .loose("019a5e0c-7b1e-4c3a")),
      ("019a5e0c7b1e", .loose("019a5e0c7b1e")),
      ("app/flow@latest", .latest(workflow: "app/flow")),
      ("prod:app/flow@latest", .latest(workflow: "prod:app/flow")),
      (
        "app/flow@manual__2026-01-31T08:00:00",
        .brought("manual__2026-01-31T08:00:00", workflow: "app/flow")
      ),
      ("app/flow@a@b", .brought("a@b", workflow: "app/flow")),
      ("nightly", .loose("nightly")),
      ("a:b", .loose("a:b")),
      ("me@example", .loose("me@example")),
    ] as [(String, RunArgument)])
  func forms(text: String, expected: RunArgument) {
    #expect(RunArgument(text) == expected)
  }

  @Test func emptyNamesAreRefused() {
    #expect(RunArgument("") == nil)
    #expect(RunArgument("app/flow@") == nil)
  }

  @Test(
    "a workflow has an application and may have a namespace",
    arguments: [
      ("a/b", "default:a/b"), ("n:a/b", "n:a/b"), ("a", nil), ("a/b/c", nil), ("/b", nil),
      ("a/", nil), (":a/b", nil), ("a/.b", nil), ("n:m:a/b", nil), ("a b/c", nil),
    ] as [(String, String?)])
  func workflows(text: String, expected: String?) {
    #expect((try? WorkflowID(text))?.description == expected)
  }
}
