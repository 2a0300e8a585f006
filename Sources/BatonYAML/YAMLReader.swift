internal import BatonCore

/// Builds a document tree from the events of one YAML text.
///
/// The tree is built with a stack of its own, never by recursion.
struct YAMLReader {
  /// Items that were refused although the text can be read.
  private(set) var problems = ProblemList()
  private var open: [Collection] = []
  private var root: Document.Item?

  /// A mapping or sequence that has not ended yet.
  private struct Collection {
    var position: Document.Position
    var path: DocumentPath
    var isMapping: Bool
    var pairs: [Document.Pair] = []
    var items: [Document.Item] = []
    var key: Key?
  }

  /// A key that waits for its value.
  private enum Key {
    case text(String, Document.Position)
    /// A refused key: its value is read and dropped.
    case refused
  }

  /// Reads the whole text.
  ///
  /// - Throws: The problem after which nothing else can be read.
  mutating func document(_ bytes: [UInt8]) throws(DefinitionProblem) -> Document {
    let parser = YAMLEventParser(bytes)
    var documents = 0
    events: while true {
      let event = try parser.next()
      switch event.kind {
      case .streamEnd: break events
      case .documentStart:
        documents += 1
        guard documents == 1 else {
          refuse(event.position, .root, "a further document")
          break events
        }
      case .alias:
        refuse(event.position, path, "an alias")
        finish(Document.Item(.refused, at: event.position))
      case .scalar(let text, let plain):
        refuseProperties(of: event)
        finish(scalar(text, plain: plain, at: event.position))
      case .mappingStart, .sequenceStart:
        try begin(event)
      case .collectionEnd:
        end()
      case .other: break
      }
    }
    return Document(root: wholeFile, problems: problems)
  }

  private var wholeFile: Document.Item {
    guard let root else { return Document.Item(.mapping([]), at: .start) }
    if case .empty = root.content { return Document.Item(.mapping([]), at: root.position) }
    return root
  }

  private func scalar(
    _ text: String, plain: Bool, at position: Document.Position
  ) -> Document.Item {
    let content: Document.Content =
      plain && text.isEmpty ? .empty : .text(text, quoted: !plain)
    return Document.Item(content, at: position)
  }

  private mutating func begin(_ event: YAMLEventParser.Event) throws(DefinitionProblem) {
    refuseProperties(of: event)
    guard open.count < DocumentLimits.maximumDepth else {
      let text = "nested deeper than \(DocumentLimits.maximumDepth) levels"
      throw DefinitionProblem(at: event.position, path: "", code: .limit, text: text)
    }
    open.append(
      Collection(
        position: event.position, path: path, isMapping: event.kind == .mappingStart))
  }

  private mutating func end() {
    guard let collection = open.popLast() else { return }
    let content: Document.Content =
      collection.isMapping ? .mapping(collection.pairs) : .sequence(collection.items)
    finish(Document.Item(content, at: collection.position))
  }

  /// Puts a complete item where it belongs.
  private mutating func finish(_ item: Document.Item) {
    let last = open.count - 1
    guard last >= 0 else {
      root = item
      return
    }
    guard open[last].isMapping else {
      open[last].items.append(item)
      return
    }
    switch open[last].key {
    case nil:
      open[last].key = key(item)
    case .refused:
      open[last].key = nil
    case .text(let key, let position):
      open[last].pairs.append(
        Document.Pair(key: key, keyPosition: position, value: item))
      open[last].key = nil
    }
  }

  private mutating func key(_ item: Document.Item) -> Key {
    switch item.content {
    case .text("<<", quoted: false):
      refuse(item.position, path, "a merge key")
      return .refused
    case .text(let text, _):
      return .text(text, item.position)
    case .empty:
      return .text("", item.position)
    case .refused:
      return .refused
    case .mapping, .sequence:
      problems.add(
        DefinitionProblem(
          at: item.position, path: path.text, code: .wrongType, text: "a key must be text"))
      return .refused
    }
  }

  // MARK: - What is refused

  /// The path of the item that comes next.
  private var path: DocumentPath {
    guard let collection = open.last else { return .root }
    guard collection.isMapping else { return .index(collection.items.count, in: collection.path) }
    if case .text(let key, _) = collection.key { return .key(key, in: collection.path) }
    return collection.path
  }

  private mutating func refuseProperties(of event: YAMLEventParser.Event) {
    if event.hasAnchor { refuse(event.position, path, "an anchor") }
    if event.hasTag { refuse(event.position, path, "a tag") }
  }

  private mutating func refuse(
    _ position: Document.Position, _ path: DocumentPath, _ what: String
  ) {
    problems.add(
      DefinitionProblem(
        at: position, path: path.text, code: .notAllowed, text: "\(what) is not allowed"))
  }
}
