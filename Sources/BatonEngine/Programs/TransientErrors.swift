internal import BatonExec
internal import BatonStore
internal import Glibc

extension Error {
  /// Whether what failed may work later although nothing of the request changes: the device is
  /// full, descriptors or memory are short, the store does not work (reliability R4).
  var isTransient: Bool {
    switch self {
    case is StoreError: true
    case let error as ExecError: error.isTransient
    default: false
    }
  }
}

extension ExecError {
  fileprivate var isTransient: Bool {
    switch code {
    case .storage: true
    case .shimUnavailable: [EMFILE, ENFILE, EAGAIN, ENOMEM, ENOSPC].contains(errno)
    case .invalid, .attemptNotFound: false
    }
  }
}
