/// How a shim ended, as its server tells.
enum ShimEnd: Hashable {
  /// It had the attempt, and its outcome is written.
  case done
  /// It ended by itself, without one.
  case exited
  /// A signal ended it.
  case killed
  /// It was not a child of this server, or was not there any more.
  case unknown

  /// - Parameter number: The exit status, 128 and the signal, or -1.
  init(_ number: Int32) {
    self =
      switch number {
      case ..<0: .unknown
      case 0: .done
      case 1..<128: .exited
      default: .killed
      }
  }
}
