internal import ArgumentParser

/// A whole number of at least 1 on the command line, such as a version or a number of runs.
package struct PositiveArgument: ExpressibleByArgument, Hashable, Sendable {
  /// The number.
  package let number: Int

  init(_ number: Int) {
    precondition(number > 0, "a default is positive")
    self.number = number
  }

  /// Shown in help.
  package var defaultValueDescription: String { String(number) }

  package init?(argument: String) {
    guard let number = Int(argument), number > 0 else { return nil }
    self.number = number
  }
}
