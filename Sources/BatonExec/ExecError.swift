/// Why an executor could not do what it was asked.
package struct ExecError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is.
  package enum Code: String, Hashable, Sendable {
    /// The specification cannot be launched, now or later: a NUL in an argument, a bad file name.
    case invalid
    /// The shim program cannot be started.
    case shimUnavailable
    /// The attempt's directory cannot be used: no room, no permission.
    case storage
    /// There is no such attempt.
    case attemptNotFound
  }

  package var code: Code
  package var message: String
  /// The system's error number, 0 if none is behind it.
  package var errno: Int32

  package init(_ code: Code, _ message: String, errno: Int32 = 0) {
    self.code = code
    self.message = message
    self.errno = errno
  }

  package var description: String { "\(code.rawValue): \(message)" }
}
