internal import BatonWire

/// A finding about an application file: an error or a warning.
public struct Problem: Sendable, Hashable {
  /// Where it is, such as `workflows.W.nodes[2].after[0]`.
  public var path: String
  /// The stable name, such as `unknown_node`.
  public var reason: String
  /// One sentence.
  public var text: String
  /// The line in the file, from 1; 0 where there is no file.
  public var line: Int
  /// The column in the line, from 1; 0 where there is no file.
  public var column: Int

  /// A finding.
  public init(path: String, reason: String, text: String, line: Int = 0, column: Int = 0) {
    self.path = path
    self.reason = reason
    self.text = text
    self.line = line
    self.column = column
  }

  init(_ wire: Wire.Problem) {
    path = wire.path
    reason = wire.reason
    text = wire.text
    line = Int(wire.line)
    column = Int(wire.column)
  }
}
