/// The words RUN and KEY of a command on tokens, where RUN may be left out inside a node.
package struct TokenRunWords: Hashable, Sendable {
  /// The run as it was written; nil: that of the node.
  package var run: String?
  package var key: String?

  /// Takes words apart: outside a node the first is RUN; inside one a single word is KEY, unless it
  /// is the node's own run.
  ///
  /// - Parameters:
  ///   - words: What stands on the command line, 0 to 2 words.
  ///   - ownRun: The run inside whose node the command stands; nil outside of one.
  ///   - command: The name of the command, for messages.
  /// - Throws: ``UsageError`` when RUN is missing or there are too many words.
  package init(_ words: [String], ownRun: String?, command: String) throws(UsageError) {
    switch (words.count, ownRun) {
    case (0, .some): break
    case (0, nil):
      throw UsageError("\(command) needs RUN; only inside a node it may be left out")
    case (1, let ownRun?) where words[0] != ownRun: key = words[0]
    case (1, _): run = words[0]
    case (2, _): (run, key) = (words[0], words[1])
    default: throw UsageError("\(command) takes RUN and KEY, not \(words.count) words")
    }
  }
}
