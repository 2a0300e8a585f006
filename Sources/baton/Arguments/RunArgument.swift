internal import ArgumentParser
internal import BatonClient

/// A run as it is named on the command line (SR42).
package enum RunArgument: Hashable, Sendable {
  /// Baton's own id, of a program run `RUN:NODE:ATTEMPT`; with a namespace where one was written.
  case id(String, namespace: String?)
  /// The beginning of such an id, at least 8 characters; it may also be a brought id.
  case prefix(String, namespace: String?)
  /// The newest run of a workflow.
  case latest(workflow: String)
  /// A run of a workflow by the id that its trigger brought.
  case brought(String, workflow: String)
  /// An id that a trigger of some workflow brought.
  case loose(String)

  /// The fewest characters of an id that stand for it.
  package static let shortestPrefix = 8

  /// Whether the run is named by an id that is not Baton's own.
  package var isBrought: Bool {
    if case .brought = self { true } else { false }
  }

  /// Reads a run's name; nil for the empty text.
  package init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    if let at = text.firstIndex(of: "@"), (try? WorkflowID(String(text[..<at]))) != nil {
      let workflow = String(text[..<at])
      let id = String(text[text.index(after: at)...])
      guard !id.isEmpty else { return nil }
      self = id == "latest" ? .latest(workflow: workflow) : .brought(id, workflow: workflow)
      return
    }
    if let own = Self.ownID(text, namespace: nil) {
      self = own
      return
    }
    if let colon = text.firstIndex(of: ":"), Name.isLegal(String(text[..<colon])),
      let own = Self.ownID(
        String(text[text.index(after: colon)...]), namespace: String(text[..<colon]))
    {
      self = own
      return
    }
    self = .loose(text)
  }

  /// A text that is Baton's id, that of a program run, or the beginning of an id.
  private static func ownID(_ text: String, namespace: String?) -> RunArgument? {
    let head = text.prefix { $0 != ":" }
    if RunID(String(head)) != nil {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 1 || parts.count == 3 else { return nil }
      return .id(text.lowercased(of: head), namespace: namespace)
    }
    guard text.utf8.count >= shortestPrefix, text.utf8.count < 36, isPrefixOfID(text) else {
      return nil
    }
    return .prefix(text.lowercased(), namespace: namespace)
  }

  private static func isPrefixOfID(_ text: String) -> Bool {
    text.utf8.enumerated().allSatisfy { position, byte in
      switch position {
      case 8, 13, 18, 23: byte == UInt8(ascii: "-")
      case 14: byte == UInt8(ascii: "7")
      default: Character(Unicode.Scalar(byte)).isHexDigit
      }
    }
  }
}

extension String {
  /// The text with its beginning in small letters.
  fileprivate func lowercased(of head: Substring) -> String {
    head.lowercased() + dropFirst(head.count)
  }
}

extension RunArgument: ExpressibleByArgument {
  package init?(argument: String) {
    self.init(argument)
  }
}
