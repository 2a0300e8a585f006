/// The status of a run (G35).
///
/// Raw values are stored; they never change their meaning.
package enum RunStatus: UInt8, Codable, Hashable, Sendable, CaseIterable {
  case pending = 1
  case starting, running, suspended, resuming, stopping
  case completed, failed, killed, rejected

  /// Whether a run in this status has not ended.
  package var isActive: Bool { rawValue <= RunStatus.stopping.rawValue }

  /// The word of the contract, `RUNNING`.
  package var word: String { Self.words[Int(rawValue) - 1] }

  /// The status with a word of the contract, in any letter case; nil: unknown.
  package init?(word: String) {
    guard let index = Self.words.firstIndex(of: word.uppercased()) else { return nil }
    self.init(rawValue: UInt8(index + 1))
  }

  private static let words = [
    "PENDING", "STARTING", "RUNNING", "SUSPENDED", "RESUMING", "STOPPING", "COMPLETED", "FAILED",
    "KILLED", "REJECTED",
  ]
}

/// The status of a node (G38).
package enum NodeStatus: UInt8, Codable, Hashable, Sendable, CaseIterable {
  case pending = 1
  case waiting, running, completed, failed, killed, skipped, upstreamFailed

  /// Whether a node in this status has ended.
  package var hasEnded: Bool { rawValue >= NodeStatus.completed.rawValue }

  /// The word of the contract, `UPSTREAM_FAILED`.
  package var word: String { Self.words[Int(rawValue) - 1] }

  /// The status with a word of the contract, in any letter case; nil: unknown.
  package init?(word: String) {
    guard let index = Self.words.firstIndex(of: word.uppercased()) else { return nil }
    self.init(rawValue: UInt8(index + 1))
  }

  private static let words = [
    "PENDING", "WAITING", "RUNNING", "COMPLETED", "FAILED", "KILLED", "SKIPPED", "UPSTREAM_FAILED",
  ]
}

/// The status of an attempt, and of a program run (G39, B4.3).
package enum AttemptStatus: UInt8, Codable, Hashable, Sendable, CaseIterable {
  case running = 1
  case completed, failed, killed

  /// The word of the contract, `RUNNING`.
  package var word: String { Self.words[Int(rawValue) - 1] }

  private static let words = ["RUNNING", "COMPLETED", "FAILED", "KILLED"]
}

/// Why an attempt exists (RE1).
package enum AttemptCause: UInt8, Codable, Hashable, Sendable, CaseIterable {
  case first = 1
  case retry, recovery, rerun, downstream, handler, sibling, child, skip

  /// The word of the contract, `FIRST`.
  package var word: String { Self.words[Int(rawValue) - 1] }

  private static let words = [
    "FIRST", "RETRY", "RECOVERY", "RERUN", "DOWNSTREAM", "HANDLER", "SIBLING", "CHILD", "SKIP",
  ]
}

/// The two hooks of a workflow (G49, G50).
package enum HookKind: UInt8, Codable, Hashable, Sendable, CaseIterable {
  case initialize = 1
  case finish

  /// The word of `BATON_HOOK`.
  package var word: String { self == .initialize ? "initialize" : "finish" }
}

/// What started a run.
package enum TriggerKind: UInt8, Codable, Hashable, Sendable, CaseIterable {
  case manual = 1
  case schedule, parent

  /// The word of the contract, `manual`.
  package var word: String { Self.words[Int(rawValue) - 1] }

  /// The kind with a word of the contract; nil: unknown.
  package init?(word: String) {
    guard let index = Self.words.firstIndex(of: word.lowercased()) else { return nil }
    self.init(rawValue: UInt8(index + 1))
  }

  private static let words = ["manual", "schedule", "parent"]
}

/// The two name spaces of a token (T7).
public enum TokenScope: UInt8, Codable, Hashable, Sendable, CaseIterable {
  /// What nodes put.
  case user = 1
  /// What the platform puts.
  case system = 2

  /// The word of the contract, `USER`.
  public var word: String { self == .user ? "USER" : "SYSTEM" }

  /// The scope with a word of the contract, in any letter case; nil: unknown.
  public init?(word: String) {
    switch word.lowercased() {
    case "user": self = .user
    case "system": self = .system
    default: return nil
    }
  }
}
