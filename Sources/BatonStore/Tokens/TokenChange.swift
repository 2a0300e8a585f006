package import BatonCore

/// What a committed batch did to tokens, for the cache.
package enum TokenChange: Sendable {
  case created(TokenSnapshot.Run, RunStatus)
  case deleted(RunID)
  case status(RunID, RunStatus)
  case put(RunID, TokenPut)
  case attempt(RunID, node: String, TokenSnapshot.Attempt)
  case withheld(RunID, node: String, Bool)

  var run: RunID {
    switch self {
    case .created(let run, _): run.id
    case .deleted(let run), .status(let run, _), .put(let run, _), .attempt(let run, _, _),
      .withheld(let run, _, _):
      run
    }
  }

  /// Applies the change to the token of its run; creation and deletion are not for this.
  func apply(to snapshot: inout TokenSnapshot) {
    switch self {
    case .created, .deleted: break
    case .status(_, let status): snapshot.apply(status: status)
    case .put(_, let put): snapshot.apply(put)
    case .attempt(_, let node, let attempt): snapshot.apply(node: node, attempt)
    case .withheld(_, let node, let isWithheld): snapshot.setWithheld(node, isWithheld)
    }
  }
}
