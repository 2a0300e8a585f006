internal import Glibc

/// The file `boot` of the data directory: the boot of the machine during which an executor last
/// used it.
///
/// A claim is not synced before the program starts, because that would cost every attempt a turn
/// of the disk. So after a crash of the machine a missing claim says nothing: the attempts that
/// were recorded before it may have run.
struct BootFile: Sendable {
  /// Whether the machine was started anew since the data directory was last used.
  let hasRebooted: Bool

  /// Looks, and writes down the boot of now.
  ///
  /// A file that is lost in a crash, or older than the last boot, errs on the side of a reboot;
  /// a fresh directory has nothing to lose.
  init(data: String) throws(ExecError) {
    let path = data + "/boot"
    let boot = try ProcessIdentity.boot()
    let last: String?
    do {
      last = try Files.readText(path)
    } catch  where error.code == .invalid {
      last = ""
    }
    hasRebooted = last != nil && last != boot + "\n"
    guard last != boot + "\n" else { return }
    // Where it cannot be written the next one takes this for a reboot, which is the safe side.
    try? Files.makeDirectory(data)
    try? Files.replace(path, Array((boot + "\n").utf8))
  }
}
