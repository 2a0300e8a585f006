internal import BatonCore

/// Times of commits, which never go back, whatever the clock of the machine does.
///
/// When the source is behind the last time told, times go on at half its pace until it has caught
/// up: what happens one after the other still differs in time, and no time stands still for long.
struct CommitClock {
  private let source: @Sendable () -> Timestamp
  private var last = Timestamp(milliseconds: 0)
  /// What the source told when it was last looked at while it was behind; nil: it was not.
  private var behind: Timestamp?

  init(_ source: @escaping @Sendable () -> Timestamp) {
    self.source = source
  }

  /// Takes note of a time that others have told.
  mutating func raise(to time: Timestamp) { last = max(last, time) }

  /// The present time, not earlier than any told before.
  mutating func now() -> Timestamp {
    let time = source()
    guard time < last else {
      behind = nil
      last = time
      return last
    }
    let reference = min(behind ?? time, time)
    let passed = time.milliseconds - reference.milliseconds
    // A clock that is set forward, but not far enough, has not let so much time pass.
    let step = min(passed / 2, last.milliseconds - time.milliseconds)
    last = Timestamp(milliseconds: last.milliseconds + step)
    behind = step < passed / 2 ? time : Timestamp(milliseconds: time.milliseconds - passed % 2)
    return last
  }
}
