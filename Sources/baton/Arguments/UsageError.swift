/// The command line does not say what it must; the process ends with 2.
package struct UsageError: Error, Hashable, CustomStringConvertible {
  /// One sentence.
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}
