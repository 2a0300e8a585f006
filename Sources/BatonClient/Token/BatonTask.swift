public import BatonCore
internal import Glibc

/// The attempt inside which a program runs, read from its environment.
///
/// ```swift
/// let task = try BatonTask.current()
/// try await task.withToken { token in
///   let total = try await token.view.int64("records.total")
///   try await token.put("records.half", total / 2)
/// }
/// ```
public struct BatonTask: Sendable {
  /// Where the token is served.
  public let address: String
  /// The namespace.
  public let namespace: String
  /// The application.
  public let application: String
  /// The application's version.
  public let version: Int
  /// The workflow.
  public let workflow: String
  /// Baton's id of the run.
  public let runID: String
  /// The node; in hooks the workflow's name.
  public let node: String
  /// The attempt, from 1.
  public let attempt: Int
  private let credential: Credential

  /// The attempt of this process.
  ///
  /// - Throws: FAILED_PRECONDITION `not_in_node` outside a node.
  public static func current() throws(BatonError) -> BatonTask {
    try BatonTask { name in getenv(name).map { String(cString: $0) } }
  }

  /// The attempt that an environment describes.
  ///
  /// - Parameter environment: Gives the value of a variable.
  /// - Throws: FAILED_PRECONDITION `not_in_node`, naming the variable that is missing.
  package init(environment: (String) -> String?) throws(BatonError) {
    func value(_ name: String) throws(BatonError) -> String {
      guard let value = environment(name), !value.isEmpty else {
        throw BatonError(
          .failedPrecondition, "not_in_node", "\(name) is not set",
          hint: "this works only in a program that a node of a run executes")
      }
      return value
    }
    credential = .task(try value("BATON_TASK_TOKEN"))
    address = try value("BATON_ADDRESS")
    runID = try value("BATON_RUN_ID")
    namespace = environment("BATON_NAMESPACE") ?? "default"
    application = environment("BATON_APPLICATION") ?? ""
    version = environment("BATON_VERSION").flatMap(Int.init) ?? 0
    workflow = environment("BATON_WORKFLOW") ?? ""
    node = environment("BATON_NODE") ?? ""
    attempt = environment("BATON_ATTEMPT").flatMap(Int.init) ?? 0
  }

  /// The options of a client that is this attempt.
  package var clientOptions: ClientOptions {
    ClientOptions(namespace: namespace, credential: credential, awaitsServer: true)
  }

  /// Opens the token of this attempt's run, as the attempt sees it.
  ///
  /// - Parameter body: Reads and puts; the connection is closed when it returns.
  /// - Returns: What `body` returns.
  /// - Throws: UNAVAILABLE where the server cannot be reached; what `body` throws.
  public func withToken<Result>(
    _ body: (TaskToken) async throws -> Result
  ) async throws -> Result {
    try await withBatonClient(address: address, options: clientOptions) { client in
      try await body(TaskToken(client: client))
    }
  }
}
