internal import BatonCore
internal import Synchronization

/// The drivers of trees, by the runs that are active in them.
final class TreeDrivers: Sendable {
  private struct State {
    var drivers: [RunID: TreeDriver] = [:]
    /// The roots of active child runs.
    var roots: [RunID: RunID] = [:]
  }

  private let state = Mutex(State())

  /// Runs that are driven.
  var count: Int { state.withLock { $0.drivers.count + $0.roots.count } }

  /// The driver of the tree that a run is the root or an active member of.
  func driver(of run: RunID) -> TreeDriver? {
    state.withLock { state in
      state.drivers[run] ?? state.roots[run].flatMap { state.drivers[$0] }
    }
  }

  /// The driver of the tree of a root; `make` gives it when there is none.
  func driver(of root: RunID, orMake make: () -> TreeDriver) -> TreeDriver {
    state.withLock { state in
      if let driver = state.drivers[root] { return driver }
      let driver = make()
      state.drivers[root] = driver
      return driver
    }
  }

  func insert(_ driver: TreeDriver) { state.withLock { $0.drivers[driver.id] = driver } }

  /// Forgets a driver that has gone away; another one may be there already.
  func remove(_ driver: TreeDriver) {
    state.withLock { state in
      if state.drivers[driver.id] === driver { state.drivers[driver.id] = nil }
    }
  }

  func join(_ run: RunID, of root: RunID) { state.withLock { $0.roots[run] = root } }

  func leave(_ run: RunID) { state.withLock { $0.roots[run] = nil } }
}
