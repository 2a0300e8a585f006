internal import BatonCore
internal import Glibc

/// The attempts whose files are not removed yet: empty files in `<data>/launched/`, named
/// `<run>+<node>+<attempt>`.
///
/// A process may end between the record of an outcome and the removal of what only the attempt
/// needed; the next one finds here what is left to remove.
struct LaunchedList: Sendable {
  private let path: String

  init(data: String) { path = data + "/launched" }

  func add(_ key: AttemptKey) throws(ExecError) {
    let file = file(of: key)
    var descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor < 0, errno == ENOENT {
      try Files.makeDirectory(path)
      descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    }
    guard descriptor >= 0 else { throw Files.failure("create", file) }
    close(descriptor)
  }

  func remove(_ key: AttemptKey) { unlink(file(of: key)) }

  /// Those of one run.
  func all(of run: RunID) -> [AttemptKey] { all.filter { $0.run == run } }

  /// All of them; those of names that are none of ours are left out.
  var all: [AttemptKey] {
    Files.names(in: path).compactMap { name in
      let parts = name.split(separator: "+", omittingEmptySubsequences: false)
      guard parts.count == 3, let run = RunID(String(parts[0])) else { return nil }
      let numbers = parts[2].split(separator: ".").map { Int($0) ?? -1 }
      guard numbers.allSatisfy({ $0 >= 0 }) else { return nil }
      let node = String(parts[1])
      switch numbers.count {
      case 1: return AttemptKey(run: run, node: node, attempt: numbers[0])
      case 3:
        let item = AttemptKey.Item(index: numbers[1], attempt: numbers[2])
        return AttemptKey(run: run, node: node, attempt: numbers[0], item: item)
      default: return nil
      }
    }
  }

  private func file(of key: AttemptKey) -> String {
    "\(path)/\(key.run)+\(key.node)+\(key.lastComponent)"
  }
}
