/// Takes from a document what no field may have: keys given twice (G1) and U+0000 (G4).
struct DocumentCleaner {
  let log: ProblemLog

  /// The item without the second of equal keys; texts with U+0000 are refused.
  ///
  /// Recursive: the reader bounds the depth.
  func cleaned(_ item: Document.Item, _ path: DocumentPath = .root) -> Document.Item {
    switch item.content {
    case .empty, .refused:
      return item
    case .text(let text, _):
      guard text.utf8.contains(0) else { return item }
      report(item.position, path, .badValue, "has the character U+0000")
      return Document.Item(.refused, at: item.position)
    case .sequence(let items):
      let elements = items.enumerated().map { index, element in
        cleaned(element, .index(index, in: path))
      }
      return Document.Item(.sequence(elements), at: item.position)
    case .mapping(let pairs):
      return Document.Item(.mapping(cleaned(pairs, path)), at: item.position)
    }
  }

  private func cleaned(_ pairs: [Document.Pair], _ path: DocumentPath) -> [Document.Pair] {
    var lines: [String: Int] = [:]
    var result: [Document.Pair] = []
    result.reserveCapacity(pairs.count)
    for pair in pairs {
      let place = DocumentPath.key(pair.key, in: path)
      if pair.key.utf8.contains(0) {
        report(pair.keyPosition, path, .badValue, "a key has the character U+0000")
      } else if let line = lines[pair.key] {
        report(pair.keyPosition, place, .duplicateKey, "is given twice (first: line \(line))")
      } else {
        lines[pair.key] = pair.keyPosition.line
        var pair = pair
        pair.value = cleaned(pair.value, place)
        result.append(pair)
      }
    }
    return result
  }

  private func report(
    _ position: Document.Position, _ path: DocumentPath, _ code: DefinitionProblem.Code,
    _ text: String
  ) {
    log.problems.add(DefinitionProblem(at: position, path: path.text, code: code, text: text))
  }
}
