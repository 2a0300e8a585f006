internal import BatonCore
internal import BatonWire

/// An attempt with everything that it used; secret values read `***`.
public struct AttemptDetails: Sendable, Hashable {
  /// A value that is left out because the answer would have been too large.
  public struct OmittedValue: Sendable, Hashable {
    /// The field that it belongs to, such as `properties`.
    public var field: String
    /// Its key.
    public var name: String
    /// Its size in bytes.
    public var bytes: Int64
  }

  /// The node, or the workflow's name for a hook.
  public var node: String
  /// The attempt.
  public var attempt: Attempt
  /// The command line after templates.
  public var commandLine: [String]
  /// The arguments of the run.
  public var arguments: [String: String]
  /// The properties of the node.
  public var properties: [String: String]
  /// The environment, without `BATON_` names.
  public var environment: [String: String]
  /// What is left out.
  public var omitted: [OmittedValue]
}

extension Run {
  /// Reads an attempt with everything that it used.
  ///
  /// - Parameters:
  ///   - node: The node, or the workflow's name for its hooks.
  ///   - number: The attempt, from 1; nil for the newest.
  /// - Returns: The attempt.
  /// - Throws: NOT_FOUND `run_not_found`, `node_not_found`, `attempt_not_found`.
  public func attempt(of node: String, number: Int? = nil) async throws -> AttemptDetails {
    let response = try await client.engine.getAttempt(
      Wire.GetAttemptRequest(
        run: reference.wire, node: node, attempt: UInt32(clamping: number ?? 0)))
    guard let attempt = response.attempt else {
      throw BatonError(.internal, "internal", "the server answered without the attempt")
    }
    return AttemptDetails(
      node: response.node, attempt: Attempt(attempt), commandLine: response.argv,
      arguments: response.arguments, properties: response.properties, environment: response.env,
      omitted: response.omitted.map { value in
        AttemptDetails.OmittedValue(field: value.field, name: value.name, bytes: value.bytes)
      })
  }

  /// Lists the attempts of the workflow's hooks: initialize, then finish (G49, G50).
  ///
  /// - Parameter workflow: The workflow of the run.
  /// - Returns: The attempts by number; none for a workflow without hooks.
  /// - Throws: NOT_FOUND `run_not_found`, `node_not_found`.
  public func hookAttempts(of workflow: String) async throws -> [Attempt] {
    var attempts: [Attempt] = []
    while attempts.count < Self.mostHookAttempts {
      do {
        attempts.append(try await attempt(of: workflow, number: attempts.count + 1).attempt)
      } catch let error as BatonError where error.reason == "attempt_not_found" {
        break
      }
    }
    return attempts
  }

  /// Each of the two hooks has one attempt, and one more for each return of a server that had not
  /// started it (G60).
  private static let mostHookAttempts = 100
}
