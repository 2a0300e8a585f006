package import BatonCore

/// Reads application files in YAML or JSON (G1).
///
/// Hostile files cost no more than honest ones of their size: the size is checked first, nesting
/// is bounded, and aliases are refused instead of followed.
package struct ApplicationFileReader: DocumentReader {
  package init() {}

  package func read(
    _ bytes: [UInt8], format: DocumentFormat = .auto
  ) -> Result<Document, ProblemList> {
    guard bytes.count <= DocumentLimits.maximumBytes else {
      let text = "\(bytes.count) bytes, at most \(DocumentLimits.maximumBytes)"
      return .failure(
        ProblemList(DefinitionProblem(at: .start, path: "", code: .limit, text: text)))
    }
    var content = bytes
    var problems = ProblemList()
    if content.starts(with: [0xEF, 0xBB, 0xBF]) {
      content.removeFirst(3)
      let text = "the file begins with a byte order mark"
      problems.add(DefinitionProblem(at: .start, path: "", code: .notAllowed, text: text))
    }
    if let position = PositionCounter.firstIllFormed(content) {
      let text = "the file is not UTF-8"
      problems.add(DefinitionProblem(at: position, path: "", code: .yamlSyntax, text: text))
      return .failure(problems)
    }
    return tree(of: content, format).map { document in
      var document = document
      document.problems.add(problems)
      return document
    }.mapError { error in
      problems.add(error)
      return problems
    }
  }

  private func tree(
    of content: [UInt8], _ format: DocumentFormat
  ) -> Result<Document, ProblemList> {
    guard let first = content.first(where: { !JSONScanner.isBlank($0) }) else {
      return .success(Document(root: Document.Item(.mapping([]), at: .start)))
    }
    switch format {
    case .json: return json(content)
    case .yaml: return yaml(content)
    case .auto:
      guard first == UInt8(ascii: "{") else { return yaml(content) }
      let exact = json(content)
      guard case .failure(let failure) = exact, failure.isSyntax else { return exact }
      let flow = yaml(content)
      guard case .failure(let other) = flow, other.place < failure.place else { return flow }
      return exact
    }
  }

  private func json(_ content: [UInt8]) -> Result<Document, ProblemList> {
    var reader = JSONReader(content)
    do {
      return .success(Document(root: try reader.document()))
    } catch {
      return .failure(ProblemList(error))
    }
  }

  private func yaml(_ content: [UInt8]) -> Result<Document, ProblemList> {
    var reader = YAMLReader()
    do {
      return .success(try reader.document(content))
    } catch {
      var problems = reader.problems
      problems.add(error)
      return .failure(problems)
    }
  }
}

extension ProblemList {
  /// Whether the file is refused for its syntax, rather than for a bound.
  fileprivate var isSyntax: Bool { listed.contains { $0.code == .yamlSyntax } }

  /// How far the file could be read.
  fileprivate var place: Document.Position { listed.last?.position ?? .start }
}
