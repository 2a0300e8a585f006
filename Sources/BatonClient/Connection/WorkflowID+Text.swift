public import BatonCore

extension WorkflowID {
  /// Reads `APP/WORKFLOW` or `NS:APP/WORKFLOW`.
  ///
  /// - Parameters:
  ///   - text: The name.
  ///   - namespace: The namespace where the text names none.
  /// - Throws: INVALID_ARGUMENT `name_invalid`.
  public init(_ text: String, namespace: String = "default") throws(BatonError) {
    var rest = text[...]
    var space = namespace
    if let colon = rest.firstIndex(of: ":") {
      space = String(rest[..<colon])
      rest = rest[rest.index(after: colon)...]
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, Name.isLegal(space), parts.allSatisfy(Name.isLegal) else {
      throw BatonError(
        .invalidArgument, "name_invalid", "\(text) is no name of a workflow",
        hint: "write APPLICATION/WORKFLOW or NAMESPACE:APPLICATION/WORKFLOW")
    }
    self.init(namespace: space, application: parts[0], workflow: parts[1])
  }
}
