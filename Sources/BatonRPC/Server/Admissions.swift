internal import Synchronization

/// Counts connections, in all and by network address (SR100).
final class Admissions: Sendable {
  private struct State {
    var total = 0
    var byAddress: [String: Int] = [:]
    var refused = 0
  }

  private let limit: Int
  private let limitPerAddress: Int
  private let state = Mutex(State())

  init(limit: Int, limitPerAddress: Int) {
    self.limit = limit
    self.limitPerAddress = limitPerAddress
  }

  /// Connections that found no place.
  var refused: Int { state.withLock { $0.refused } }

  /// Takes a place for a connection.
  ///
  /// - Parameter address: The peer's network address; nil for a Unix socket.
  /// - Returns: Whether there was one.
  func admit(_ address: String?) -> Bool {
    state.withLock { state in
      let ofAddress = address.flatMap { state.byAddress[$0] } ?? 0
      guard state.total < limit, ofAddress < limitPerAddress else {
        state.refused += 1
        return false
      }
      state.total += 1
      if let address { state.byAddress[address] = ofAddress + 1 }
      return true
    }
  }

  /// Gives the place of a connection back.
  func dismiss(_ address: String?) {
    state.withLock { state in
      state.total -= 1
      guard let address, let count = state.byAddress[address] else { return }
      state.byAddress[address] = count == 1 ? nil : count - 1
    }
  }
}
