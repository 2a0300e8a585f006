import Testing
import baton

@Suite struct CommandArgumentsTests {
  @Test(
    "global options may stand in front of the command",
    arguments: [
      (["--json", "runs", "a/b"], ["runs", "a/b", "--json"]),
      (
        ["--address", "x:1", "--utc", "token", "get"],
        ["token", "get", "--address", "x:1", "--utc"]
      ),
      (["--namespace=n", "apps"], ["apps", "--namespace=n"]),
      (["--json", "token", "put", "--", "-a=1"], ["token", "put", "--json", "--", "-a=1"]),
      (["runs", "--json"], ["runs", "--json"]), (["--json"], ["--json"]),
      (["--help"], ["--help"]), (["--json", "--help"], ["--help", "--json"]), ([], []),
    ])
  func moved(arguments: [String], expected: [String]) {
    #expect(CommandArguments.normalized(arguments) == expected)
  }
}
