package import BatonClient

/// An error as people and programs see it (C11).
package struct ErrorReport {
  private let error: BatonError

  package init(_ error: BatonError) {
    self.error = error
  }

  /// The line `error: reason: sentence`, and one with the remedy where there is one.
  ///
  /// The problems of an application file stand on lines of their own instead.
  package var lines: [String] {
    let first = "error: \(error.reason.rawValue): \(TextWidth.printable(error.message))"
    guard let hint = error.hint else { return [first] }
    guard isList else { return [first, "hint: \(TextWidth.printable(hint))"] }
    return [first] + hint.split(separator: "\n").map { "  " + TextWidth.printable(String($0)) }
  }

  /// The object `{"error":{"code":…,"reason":…,"message":…}}`.
  package var json: JSONValue {
    let list = isList ? error.hint.map { "\n" + $0 } : nil
    var inner = JSONObject()
    inner.add("code", error.code.name)
    inner.add("reason", error.reason.rawValue)
    inner.add("message", error.message + (list ?? ""))
    return .object([.init("error", inner.value)])
  }

  /// Whether what follows the sentence is a list of problems, not a remedy (G11).
  private var isList: Bool { error.reason == "app_invalid" }
}
