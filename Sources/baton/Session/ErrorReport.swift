package import BatonClient

/// An error as people and programs see it (C11).
package struct ErrorReport {
  private let error: BatonError

  package init(_ error: BatonError) {
    self.error = error
  }

  /// `error: reason: sentence`, and a line with the remedy where there is one.
  package var lines: [String] {
    var message = TextWidth.printable(error.message)
    if error.reason == "app_invalid" { message = Self.listed(message) }
    var lines = ["error: \(error.reason.rawValue): \(message)"]
    if let hint = error.hint { lines.append("hint: \(TextWidth.printable(hint))") }
    return lines
  }

  /// `{"error":{"code":…,"reason":…,"message":…}}`
  package var json: JSONValue {
    var inner = JSONObject()
    inner.add("code", error.code.name)
    inner.add("reason", error.reason.rawValue)
    inner.add("message", error.message)
    inner.add("hint", error.hint)
    return .object([.init("error", inner.value)])
  }

  /// Puts the problems of an application file, `[1] …`, `[2] …`, on lines of their own.
  private static func listed(_ message: String) -> String {
    var rest = message[...]
    var text = ""
    var number = 1
    while let mark = rest.range(of: "[\(number)] ") {
      let before = rest[..<mark.lowerBound].trimmingEnd(of: " ;")
      text += number == 1 && before.isEmpty ? "" : before + "\n  "
      rest = rest[mark.upperBound...]
      number += 1
    }
    return text + rest
  }
}

extension Substring {
  /// The place of a text, or nil.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        return start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return nil
  }

  fileprivate func trimmingEnd(of characters: String) -> Substring {
    var text = self
    while let last = text.last, characters.contains(last) { text.removeLast() }
    return text
  }
}
