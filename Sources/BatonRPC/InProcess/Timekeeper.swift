internal import Synchronization

/// Ends calls of an in-process transport at their deadlines.
///
/// One sleeping child looks after all of them: a call costs an entry in a table. Only a deadline
/// before all others makes another child sleep.
final class Timekeeper: Sendable {
  private struct State {
    var calls: [ObjectIdentifier: (call: InProcessCall, deadline: Duration)] = [:]
    var alarm: Duration?
  }

  private let state = Mutex(State())
  private let children: ChildTasks
  private let elapsed: @Sendable () -> Duration
  private let sleep: @Sendable (Duration) async throws -> Void

  init<C: Clock>(clock: C, children: ChildTasks) where C.Duration == Duration {
    self.children = children
    let start = clock.now
    elapsed = { start.duration(to: clock.now) }
    sleep = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
  }

  /// The time since the timekeeper was made.
  var now: Duration { elapsed() }

  func watch(_ call: InProcessCall, until deadline: Duration) {
    let isEarliest = state.withLock { state in
      // It may have ended meanwhile, and been forgotten before it was known.
      guard !call.hasEnded else { return false }
      state.calls[ObjectIdentifier(call)] = (call, deadline)
      guard state.alarm.map({ deadline < $0 }) ?? true else { return false }
      state.alarm = deadline
      return true
    }
    if isEarliest { setAlarm(deadline) }
  }

  func forget(_ call: InProcessCall) {
    _ = state.withLock { $0.calls.removeValue(forKey: ObjectIdentifier(call)) }
  }

  private func setAlarm(_ time: Duration) {
    children.add { [self] in
      do {
        try await sleep(time)
        rang(time)
      } catch {
        // The transport has ended, and its calls with it.
      }
    }
  }

  private func rang(_ time: Duration) {
    let now = self.now
    let (expired, next) = state.withLock { state -> ([InProcessCall], Duration?) in
      guard state.alarm == time else { return ([], nil) }
      let expired = state.calls.values.filter { $0.deadline <= now }.map(\.call)
      for call in expired { state.calls[ObjectIdentifier(call)] = nil }
      state.alarm = state.calls.values.map(\.deadline).min()
      return (expired, state.alarm)
    }
    for call in expired { call.deadlinePassed() }
    if let next { setAlarm(next) }
  }
}
