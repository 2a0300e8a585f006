/// The tree of an application file, with the place of every item.
package struct Document: Sendable {
  /// The whole file; an empty mapping at 1:1 for an empty file.
  package var root: Item
  /// Items that the reader refused although the file can be read (`not_allowed`, `wrong_type`).
  package var problems: ProblemList

  package init(root: Item, problems: ProblemList = ProblemList()) {
    self.root = root
    self.problems = problems
  }

  /// A place in the file; lines and columns count from 1, columns count Unicode scalars.
  package struct Position: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }

    package static let start = Position(line: 1, column: 1)

    package static func < (left: Position, right: Position) -> Bool {
      (left.line, left.column) < (right.line, right.column)
    }
  }

  /// A value of the file and where it begins.
  package struct Item: Sendable {
    package var position: Position
    package var content: Content

    package init(_ content: Content, at position: Position) {
      self.position = position
      self.content = content
    }
  }

  /// What an item is.
  package enum Content: Sendable {
    /// The text as written; `quoted` when quotation marks or a block scalar make it text.
    case text(String, quoted: Bool)
    /// The pairs in the order of the file; a key can occur twice.
    case mapping([Pair])
    case sequence([Item])
    /// An empty plain scalar, or `null` of JSON.
    case empty
    /// An item of which a problem is already reported; nothing more is said about it.
    case refused
  }

  /// A key of a mapping and its value.
  package struct Pair: Sendable {
    package var key: String
    package var keyPosition: Position
    package var value: Item

    package init(key: String, keyPosition: Position, value: Item) {
      self.key = key
      self.keyPosition = keyPosition
      self.value = value
    }
  }
}

/// The path of an item in the file, such as `workflows.W.nodes[2].after[0]`.
package indirect enum DocumentPath: Sendable {
  case root
  case key(String, in: DocumentPath)
  case index(Int, in: DocumentPath)

  /// The path as text; keys are shortened so that a hostile file gives no endless messages.
  package var text: String {
    var pieces: [String] = []
    var path = self
    while true {
      switch path {
      case .root:
        return pieces.reversed().joined()
      case .index(let index, let parent):
        pieces.append("[\(index)]")
        path = parent
      case .key(let key, let parent):
        let name = key.shortened(to: 128)
        if case .root = parent { pieces.append(name) } else { pieces.append(".\(name)") }
        path = parent
      }
    }
  }
}

extension String {
  /// The text itself, or its first bytes and an ellipsis when it has more than `limit` bytes.
  package func shortened(to limit: Int) -> String {
    guard utf8.count > limit else { return self }
    return String(decoding: utf8.prefix(limit), as: UTF8.self) + "…"
  }
}
