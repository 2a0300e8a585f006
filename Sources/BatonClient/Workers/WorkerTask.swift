public import BatonCore
internal import BatonWire
internal import Synchronization

/// An attempt at a worker: what its handler works with.
///
/// The handler's task is cancelled when the attempt is to be given up: ``cancellation`` says why.
public struct WorkerTask: Sendable {
  /// Why an attempt is to be given up.
  public struct Cancellation: Sendable, Hashable {
    /// `run_stopped`, `sibling_failed` or `node_timeout`; `attempt_ended` when the lease is lost.
    public var reason: String
    /// The time that the handler may take to end.
    public var grace: Duration
  }

  /// One element of the list of a `for_each`.
  public struct Item: Sendable, Hashable {
    /// Its place in the list, from 0.
    public var index: Int
    /// Which attempt of this element it is, from 1.
    public var attempt: Int
    /// The element as JSON.
    public var json: String
  }

  /// The namespace of the run.
  public let namespace: String
  /// The application.
  public let application: String
  /// The application's version.
  public let version: Int
  /// The workflow.
  public let workflow: String
  /// Baton's id of the run.
  public let runID: String
  /// The node.
  public let node: String
  /// The attempt, from 1.
  public let attempt: Int
  /// The program.
  public let program: String
  /// The element of a `for_each`; nil: the node has none.
  public let item: Item?
  /// The arguments of the run.
  public let arguments: WorkerValues
  /// The properties of the node, after templates.
  public let properties: WorkerValues
  /// The environment of run, program and node, after templates.
  public let env: WorkerValues
  /// The JSON object that the trigger brought; nil: it brought none.
  public let conf: String?
  /// When the attempt times out; nil: never.
  public let deadline: Timestamp?
  /// The token of the run, as this attempt reads and writes it.
  public let token: TaskToken

  let execution: WorkerExecution

  /// The lease, by which the server knows the attempt at this worker.
  public var lease: String { execution.lease }

  /// What the next heartbeat tells people who look at the run.
  ///
  /// - Parameters:
  ///   - progress: 0..100; anything else is cut to that.
  ///   - note: One sentence; cut to 1,024 bytes.
  public func report(progress: Int, note: String = "") {
    execution.state.withLock { state in
      state.progress = UInt32(clamping: min(max(progress, 0), 100))
      state.note = note.prefix(bytes: WorkerExecution.maximumTextBytes)
    }
  }

  /// Why the attempt is to be given up; nil: it is not.
  public var cancellation: Cancellation? { execution.state.withLock(\.cancellation) }
}

/// Texts by name, with their values read as types.
public struct WorkerValues: Sendable, Hashable {
  /// All of them.
  public let all: [String: String]

  init(_ all: [String: String]) { self.all = all }

  /// The text; nil: there is none with this name.
  public subscript(name: String) -> String? { all[name] }

  /// The text.
  ///
  /// - Throws: ``WorkerFailure`` naming what is absent.
  public func string(_ name: String) throws -> String {
    guard let value = all[name] else { throw WorkerFailure("\(name) is absent") }
    return value
  }

  /// An integer in decimal.
  ///
  /// - Throws: ``WorkerFailure`` naming what is absent or no integer.
  public func int64(_ name: String) throws -> Int64 {
    guard let value = Int64(try string(name)) else {
      throw WorkerFailure("\(name) is no integer")
    }
    return value
  }

  /// A finite number.
  ///
  /// - Throws: ``WorkerFailure`` naming what is absent or no number.
  public func double(_ name: String) throws -> Double {
    guard let value = Double(try string(name)), value.isFinite else {
      throw WorkerFailure("\(name) is no number")
    }
    return value
  }

  /// `true` or `false`.
  ///
  /// - Throws: ``WorkerFailure`` naming what is absent or neither.
  public func bool(_ name: String) throws -> Bool {
    guard let value = Bool(try string(name)) else {
      throw WorkerFailure("\(name) is neither true nor false")
    }
    return value
  }
}

extension String {
  /// The longest part from the start that has at most so many bytes, in whole characters.
  func prefix(bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var length = 0
    return String(
      prefix {
        length += $0.utf8.count
        return length <= bytes
      })
  }
}
