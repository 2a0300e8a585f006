internal import Glibc

/// The process's bound on open descriptors: connections, readers of the store, attempts.
enum OpenFiles {
  /// What a server with its greatest number of connections needs, with room for all the rest.
  private static let wanted: rlim_t = 16_384

  /// Raises the soft limit as far as it is needed and allowed.
  static func raiseLimit() {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < wanted else { return }
    limit.rlim_cur = min(wanted, limit.rlim_max)
    _ = setrlimit(resource, &limit)
  }
}
