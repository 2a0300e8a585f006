public import BatonCore
package import BatonWire

/// Everything about a run but its nodes and its token.
///
/// Secret values read `***`.
public struct RunDetails: Sendable, Hashable {
  /// The record, as in listings.
  public var record: RunRecord
  /// Its arguments.
  public var arguments: [String: String]
  /// Its environment as of the newest revision.
  public var environment: [String: String]
  /// The number of that revision.
  public var environmentRevision: Int
  /// The JSON object that the trigger brought.
  public var conf: String?
  /// Members of `conf` that are no arguments.
  public var confOnly: [String]
  /// Warnings of the mapping.
  public var warnings: [Problem]
  /// The unhandled failure that was recorded first.
  public var failure: RunFailure?
  /// The unhandled failures in order of recording, at most 100.
  public var failures: [RunFailure]
  /// The number of all unhandled failures.
  public var failuresTotal: Int
  /// The failure of the finish hook, which changes no status.
  public var finishError: RunFailure?
  /// The ends of the run, at most the newest 100; a run that was re-run has several.
  public var ends: [RunEnd]
  /// The number of all its ends.
  public var endsTotal: Int
  /// What a stop ended; nil for a run that was never stopped.
  public var stopReport: StopReport?
  /// The results object as JSON text; nil without one and where it is larger than 512 KiB.
  public var outputs: String?
  /// The size of the results object in bytes.
  public var outputsBytes: Int
  /// Names of outputs that were missing or not convertible.
  public var outputErrors: [String]
}

/// One end of a run.
public struct RunEnd: Sendable, Hashable {
  /// From 1.
  public var number: Int
  /// The status with which it ended.
  public var status: RunStatus
  /// When it ended.
  public var time: Timestamp
}

/// A failure of a run.
public struct RunFailure: Sendable, Hashable {
  /// The node that failed; nil where none did.
  public var node: String?
  /// Its attempt; nil where none failed.
  public var attempt: Int?
  /// The reason, such as `exit_nonzero`.
  public var reason: String
  /// One sentence.
  public var message: String
}

extension RunDetails {
  /// The value that a message of the contract stands for.
  package init(_ response: Wire.GetRunResponse) throws(BatonError) {
    record = RunRecord(try response.record)
    let wire = response.details ?? Wire.RunDetails()
    arguments = wire.arguments
    environment = wire.env
    environmentRevision = Int(wire.envRevision)
    conf = wire.conf.nonEmpty
    confOnly = wire.confOnly
    warnings = wire.warnings.map(Problem.init)
    failure = wire.failure.map(RunFailure.init)
    failures = wire.failures.map(RunFailure.init)
    failuresTotal = Int(wire.failuresTotal)
    finishError = wire.finishError.map(RunFailure.init)
    ends = wire.ends.map { end in
      RunEnd(
        number: Int(end.number), status: RunStatus(rawValue: end.status.name),
        time: Timestamp(milliseconds: end.time))
    }
    endsTotal = Int(wire.endsTotal)
    stopReport = wire.stopReport.map(StopReport.init)
    outputs = wire.outputs.isEmpty ? nil : String(decoding: wire.outputs, as: UTF8.self)
    outputsBytes = Int(wire.outputsBytes)
    outputErrors = wire.outputErrors
  }
}

extension RunFailure {
  init(_ wire: Wire.RunFailure) {
    node = wire.node.nonEmpty
    attempt = wire.attempt == 0 ? nil : Int(wire.attempt)
    reason = wire.reason
    message = wire.message
  }
}

extension Wire.GetRunResponse {
  var record: Wire.RunRecord {
    get throws(BatonError) {
      guard let run else {
        throw BatonError(.internal, "internal", "the server answered without the run")
      }
      return run
    }
  }
}
