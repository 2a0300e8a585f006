internal import ArgumentParser
package import BatonClient

/// A program on the command line: `APP/[TYPE/]PROGRAM`, with `NS:` in front for another namespace.
package struct BatchProgramArgument: ExpressibleByArgument, Sendable {
  /// The program.
  package var program: BatchProgram

  package init?(argument: String) {
    var rest = argument[...]
    var namespace: String?
    if let colon = rest.firstIndex(of: ":") {
      namespace = String(rest[..<colon])
      rest = rest[rest.index(after: colon)...]
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 2:
      program = BatchProgram(namespace: namespace, application: parts[0], program: parts[1])
    case 3:
      program = BatchProgram(
        namespace: namespace, application: parts[0], programType: parts[1], program: parts[2])
    default: return nil
    }
  }
}
