/// How the processes of an attempt are to be ended (G57).
struct KillOrder: Hashable, Sendable {
  /// The time between TERM and KILL; nil: as asked for before.
  var grace: Duration?
  var reason: String
  /// Whether its outcome waits until nothing of it is left: somebody stops the run.
  var isUntilGone: Bool

  /// For what is left of an attempt that is over in the record.
  static let leftBehind = KillOrder(
    grace: nil, reason: "run_stopped", isUntilGone: true)

  /// Both at once: the shorter grace, and until nothing is left if one of them says so.
  func joined(with later: KillOrder) -> KillOrder {
    KillOrder(
      grace: [grace, later.grace].compactMap(\.self).min(), reason: reason,
      isUntilGone: isUntilGone || later.isUntilGone)
  }
}
