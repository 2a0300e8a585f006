package import BatonCore
internal import Synchronization

extension LocalExecutor {
  package func removeRun(_ run: RunID) {
    let kept = launched.all(of: run)
    guard !kept.contains(where: mayLive) else {
      state.withLock { _ = $0.postponedRuns.insert(run) }
      return
    }
    for key in kept { launched.remove(key) }
    Files.removeTree("\(configuration.dataDirectory)/attempts/\(run)")
    state.withLock { _ = $0.postponedRuns.remove(run) }
  }

  package func removePostponedRuns() {
    for run in state.withLock({ $0.postponedRuns }) { removeRun(run) }
  }

  /// Whether a process of an attempt may be left; one that cannot be looked at may.
  private func mayLive(_ key: AttemptKey) -> Bool {
    if state.withLock({ $0.ids[key] != nil }) { return true }
    do throws(ExecError) {
      switch try directory(of: key).standing() {
      case .running, .lost: return true
      case .ended: return !survivors(of: key).isEmpty
      case .claimedByEngine, .unclaimed: return false
      }
    } catch {
      return true
    }
  }
}
