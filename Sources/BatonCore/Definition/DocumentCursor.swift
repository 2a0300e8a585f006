/// Where problems and warnings of one file are gathered while it is compiled.
final class ProblemLog {
  var problems: ProblemList

  init(_ problems: ProblemList) {
    self.problems = problems
  }
}

/// An item of the file with its place: reads it as what it must be and reports what it is not.
struct DocumentCursor {
  let item: Document.Item
  let path: DocumentPath
  /// The place of the item's key, or of the item itself in a list.
  let keyPosition: Document.Position
  let log: ProblemLog

  /// Reports a problem at the item.
  func report(_ code: DefinitionProblem.Code, _ text: String) {
    report(code, text, at: item.position)
  }

  /// Reports a problem at the key of the item.
  func reportAtKey(_ code: DefinitionProblem.Code, _ text: String) {
    report(code, text, at: keyPosition)
  }

  private func report(
    _ code: DefinitionProblem.Code, _ text: String, at position: Document.Position
  ) {
    log.problems.add(DefinitionProblem(at: position, path: path.text, code: code, text: text))
  }

  // MARK: - Collections

  /// The pairs of a mapping; nil, with a problem, for anything else.
  func object() -> DocumentObject? {
    guard case .mapping(let pairs) = item.content else {
      reportType("a mapping")
      return nil
    }
    return DocumentObject(
      cursor: self,
      fields: pairs.map { pair in
        DocumentObject.Field(
          name: pair.key,
          value: DocumentCursor(
            item: pair.value, path: .key(pair.key, in: path), keyPosition: pair.keyPosition,
            log: log))
      })
  }

  /// The elements of a list; nil, with a problem, for anything else.
  func list() -> [DocumentCursor]? {
    guard case .sequence(let items) = item.content else {
      reportType("a list")
      return nil
    }
    return items.enumerated().map { index, item in
      DocumentCursor(
        item: item, path: .index(index, in: path), keyPosition: item.position, log: log)
    }
  }

  // MARK: - Scalars

  /// The text as written, quoted or plain (G3).
  func text() -> String? {
    guard case .text(let text, _) = item.content else {
      reportType("a text")
      return nil
    }
    return text
  }

  /// A plain integer within a range.
  func integer(_ range: ClosedRange<Int64>) -> Int64? {
    guard let text = plain("an integer") else { return nil }
    guard let value = TypedText.int64(text) else {
      reportAtKey(.wrongType, "must be an integer, not `\(text.shortened(to: 40))`")
      return nil
    }
    guard range.contains(value) else {
      report(.badValue, "must be \(range.lowerBound)..\(range.upperBound)")
      return nil
    }
    return value
  }

  /// A plain number within a range.
  func number(_ range: ClosedRange<Double>) -> Double? {
    guard let text = plain("a number") else { return nil }
    guard let value = TypedText.double(text) else {
      reportAtKey(.wrongType, "must be a number, not `\(text.shortened(to: 40))`")
      return nil
    }
    guard range.contains(value) else {
      let bounds = (TypedText.text(range.lowerBound), TypedText.text(range.upperBound))
      report(.badValue, "must be \(bounds.0 ?? "")..\(bounds.1 ?? "")")
      return nil
    }
    return value
  }

  /// A plain `true` or `false`.
  func bool() -> Bool? {
    guard let text = plain("true or false") else { return nil }
    switch text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default:
      reportAtKey(.wrongType, "must be true or false, not `\(text.shortened(to: 40))`")
      return nil
    }
  }

  /// A duration in milliseconds, of at least `minimum` and at most 365 days (G5).
  func duration(atLeast minimum: Int64 = 0) -> Int64? {
    guard let text = text() else { return nil }
    guard let milliseconds = DurationText.milliseconds(text) else {
      let given = text.shortened(to: 40)
      report(.badValue, "must be an integer and ms, s, m, h or d, not `\(given)`")
      return nil
    }
    guard milliseconds >= minimum, milliseconds <= DurationText.maximumMilliseconds else {
      report(.badValue, "must be \(DurationText.text(milliseconds: minimum))..365d")
      return nil
    }
    return milliseconds
  }

  /// One of the words of an enumeration.
  func word<Word>(_ type: Word.Type) -> Word?
  where Word: RawRepresentable<String> & CaseIterable {
    guard let text = text() else { return nil }
    guard let word = Word(rawValue: text) else {
      let words = Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      report(.badValue, "must be one of \(words), not `\(text.shortened(to: 40))`")
      return nil
    }
    return word
  }

  /// A text without quotation marks.
  private func plain(_ what: String) -> String? {
    guard case .text(let text, let quoted) = item.content, !quoted else {
      reportType(what)
      return nil
    }
    return text
  }

  private func reportType(_ what: String) {
    switch item.content {
    case .refused: break
    case .empty: report(.badValue, "has no value; it must be \(what)")
    case .text: reportAtKey(.wrongType, "must be \(what), not a text")
    case .mapping: reportAtKey(.wrongType, "must be \(what), not a mapping")
    case .sequence: reportAtKey(.wrongType, "must be \(what), not a list")
    }
  }
}
