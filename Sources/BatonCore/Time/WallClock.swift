/// Where services take the time from; tests and simulations give their own.
package protocol WallClock: Sendable {
  /// Now, in UTC.
  func now() -> Timestamp
}
