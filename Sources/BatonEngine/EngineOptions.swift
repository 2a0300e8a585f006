package import BatonCore

/// Settings of an engine.
package struct EngineOptions: Sendable {
  /// The host's name, as `baton.host` and attempts show it.
  package var host: String
  /// The base environment of programs (G54); nothing else is inherited from the server.
  package var baseEnvironment: [String: String]
  /// Attempts with a process that run at once; more wait in PENDING (G18).
  package var maximumRunningAttempts: Int
  /// Nodes without a process that one transaction may start and end.
  package var maximumCascade: Int
  package var tokenLimits: TokenLimits
  /// How many levels of runs there may be, the root's included: 1 to 32 (RE110).
  package var maximumChildDepth = 8
  /// How long the lease of a worker lasts from its grant or last heartbeat: 5 s to 1 h (CT22).
  package var workerLease = Duration.seconds(30)

  package init(
    host: String, baseEnvironment: [String: String],
    maximumRunningAttempts: Int = 256, maximumCascade: Int = 256,
    tokenLimits: TokenLimits = TokenLimits()
  ) {
    self.host = host
    self.baseEnvironment = baseEnvironment
    self.maximumRunningAttempts = maximumRunningAttempts
    self.maximumCascade = maximumCascade
    self.tokenLimits = tokenLimits
  }
}
