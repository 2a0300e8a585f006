/// How a worker takes work.
public struct WorkerOptions: Sendable {
  /// The namespace of the queue; nil: the client's.
  public var namespace: String?
  /// The name of this worker, for people: 1..128 characters of `[A-Za-z0-9_.-]`.
  public var name: String
  /// How many attempts it executes at once: 1..1,000.
  public var capacity: Int

  /// Options with everything at its default but what is given.
  public init(namespace: String? = nil, name: String = "worker", capacity: Int = 16) {
    self.namespace = namespace
    self.name = name
    self.capacity = capacity
  }
}

/// What a handler gives when the attempt is COMPLETED.
public struct WorkerResult: Sendable, Hashable {
  /// Entries that are put into the token with the outcome, at most 1,000.
  public var puts: [TokenAssignment]
  /// One sentence for people; never a value.
  public var message: String

  /// A success with what it puts.
  public init(_ puts: [TokenAssignment] = [], message: String = "") {
    self.puts = puts
    self.message = message
  }

  /// A success that puts nothing.
  public static let completed = WorkerResult()
}

/// Thrown by a handler to make the attempt FAILED; any other error does so, too.
public struct WorkerFailure: Error, Sendable, Hashable {
  /// One sentence for people; never a value.
  public var message: String
  /// The exit code, 0..255, with which the reason is `exit_nonzero`; nil: `worker_failed`.
  public var exitCode: Int?
  /// Entries that are put into the token with the outcome, at most 1,000.
  public var puts: [TokenAssignment]

  /// A failure with a sentence.
  public init(_ message: String, exitCode: Int? = nil, puts: [TokenAssignment] = []) {
    self.message = message
    self.exitCode = exitCode
    self.puts = puts
  }
}
