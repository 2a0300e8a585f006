/// Swift source without its comments and without the text of its string literals.
///
/// Rules look at this, so that words in prose break nothing. Line ends stay where they were; what
/// is interpolated into a string counts as part of the string.
struct CodeText {
  private var input: [UInt8]
  private var output: [UInt8] = []
  private var place = 0
  private let keepsComments: Bool

  /// The code that is left of a source; with `keepsComments` only the strings go.
  static func of(_ source: String, keepsComments: Bool = false) -> String {
    var code = CodeText(input: Array(source.utf8), keepsComments: keepsComments)
    code.strip()
    return String(decoding: code.output, as: UTF8.self)
  }

  private init(input: [UInt8], keepsComments: Bool) {
    self.input = input
    self.keepsComments = keepsComments
    output.reserveCapacity(input.count)
  }

  private mutating func strip() {
    while place < input.count {
      if starts("//") {
        while place < input.count, input[place] != UInt8(ascii: "\n") { skip(1, isComment: true) }
      } else if starts("/*") {
        skipBlockComment()
      } else if let hashes = hashesOfString() {
        skipString(hashes: hashes)
      } else {
        output.append(input[place])
        place += 1
      }
    }
  }

  private func starts(_ word: StaticString, at offset: Int = 0) -> Bool {
    let first = place + offset
    guard first + word.utf8CodeUnitCount <= input.count else { return false }
    return word.withUTF8Buffer { $0.elementsEqual(input[first..<(first + $0.count)]) }
  }

  private mutating func skip(_ count: Int, isComment: Bool = false) {
    for _ in 0..<count where place < input.count {
      if input[place] == UInt8(ascii: "\n") || (isComment && keepsComments) {
        output.append(input[place])
      }
      place += 1
    }
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if starts("/*") {
        depth += 1
        skip(2, isComment: true)
      } else if starts("*/") {
        depth -= 1
        skip(2, isComment: true)
      } else {
        skip(1, isComment: true)
      }
    } while depth > 0 && place < input.count
  }

  /// The number of `#` before the quote when a string literal begins here.
  private func hashesOfString() -> Int? {
    var hashes = 0
    while place + hashes < input.count, input[place + hashes] == UInt8(ascii: "#") { hashes += 1 }
    return starts("\"", at: hashes) ? hashes : nil
  }

  private mutating func skipString(hashes: Int) {
    let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
    let isMultiline = starts("\"\"\"", at: hashes)
    let quotes = [UInt8](repeating: UInt8(ascii: "\""), count: isMultiline ? 3 : 1)
    let escape = [UInt8(ascii: "\\")] + marks
    output += quotes + quotes
    skip(hashes + quotes.count)
    while place < input.count {
      if input[place...].starts(with: quotes + marks) {
        skip(quotes.count + hashes)
        return
      } else if input[place...].starts(with: escape + [UInt8(ascii: "(")]) {
        skip(escape.count)
        skipInterpolation()
      } else if input[place...].starts(with: escape) {
        skip(escape.count + 1)
      } else if !isMultiline && input[place] == UInt8(ascii: "\n") {
        return
      } else {
        skip(1)
      }
    }
  }

  private mutating func skipInterpolation() {
    var depth = 0
    repeat {
      if let hashes = hashesOfString() {
        let written = output.count
        skipString(hashes: hashes)
        output[written...].removeAll { $0 != UInt8(ascii: "\n") }
        continue
      }
      if input[place] == UInt8(ascii: "(") { depth += 1 }
      if input[place] == UInt8(ascii: ")") { depth -= 1 }
      skip(1)
    } while depth > 0 && place < input.count
  }
}
