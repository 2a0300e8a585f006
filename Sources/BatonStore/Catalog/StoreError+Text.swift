internal import BatonCore

extension StoreError: CustomStringConvertible {
  /// One sentence without its end, for logs and for whoever starts a server.
  package var description: String {
    switch self {
    case .statusChanged(let run, let stored):
      "run \(run) is \(stored?.word ?? "not there"), another status than expected"
    case .failed(let reason): reason
    case .diskFull: "there is no room on the device"
    case .readOnly: "the device or the directory is read-only"
    case .closed: "the store is closed"
    case .overloaded: "too many changes are waiting"
    case .newerSchema(let found, let known):
      "a newer version of Baton wrote it: it has schema \(found), this version knows \(known)"
    case .damaged(let what): "it is damaged: \(what)"
    case .unreadable(let what): "a part of it cannot be read: \(what)"
    case .connectionFailed(let reason): reason
    }
  }
}
