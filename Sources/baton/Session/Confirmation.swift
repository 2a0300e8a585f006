internal import Glibc

/// Asks before something is destroyed (C14).
package enum Confirmation {
  /// Asks on a terminal; elsewhere nothing is destroyed without `--yes`.
  ///
  /// - Parameters:
  ///   - question: What is about to happen, as a question without its mark.
  ///   - isGiven: Whether `--yes` was given.
  ///   - console: Where the question stands.
  /// - Throws: ``UsageError`` where there is no terminal; ``CommandEnd`` when the answer is no.
  static func require(_ question: String, isGiven: Bool, _ console: Console) throws {
    guard !isGiven else { return }
    guard isatty(STDIN_FILENO) == 1, console.errors.isTerminal else {
      throw UsageError("without a terminal to ask on, --yes is needed")
    }
    console.progress("\(TextWidth.printable(question))? [y/N] ")
    guard isYes(readLine()) else {
      console.note("nothing was done")
      throw CommandEnd(status: .failed)
    }
  }

  /// Whether an answer says yes; everything else, and the end of the input, says no.
  package static func isYes(_ answer: String?) -> Bool {
    let word = answer?.lowercased().filter { !$0.isWhitespace }
    return word == "y" || word == "yes"
  }
}
