/// The token file of a command: what `BATON_TOKEN_FILE` may hold (T48–T51).
package enum TokenFile {
  /// Bytes of a file.
  package static let maximumBytes = 33_554_432

  /// Why a file is `token_file_invalid` (T51).
  package struct Invalid: Error, Hashable, Sendable {
    /// The line, from 1, that begins the entry at fault; nil: the file as a whole.
    package let line: Int?
    /// What is wrong, without a full stop and without a value.
    package let fault: String

    package init(line: Int?, fault: String) {
      self.line = line
      self.fault = fault
    }

    /// A sentence for the attempt's message.
    package var message: String {
      line.map { "line \($0) of the token file: \(fault)" } ?? "the token file \(fault)"
    }
  }

  /// Reads the entries of a file, in order.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - exitedBySignal: Whether a signal ended the main process: an unfinished last line or
  ///     value is then dropped (T50).
  /// - Returns: USER entries of legal form; sizes of values are not judged here.
  /// - Throws: ``Invalid`` at the first fault.
  package static func parse(
    _ bytes: [UInt8], exitedBySignal: Bool
  ) throws(Invalid) -> [TokenPutBatch.Entry] {
    guard bytes.count <= maximumBytes else {
      throw Invalid(line: nil, fault: "has \(bytes.count) bytes; the limit is \(maximumBytes)")
    }
    var lines = Lines(bytes: bytes, dropsUnfinished: exitedBySignal)
    var entries: [TokenPutBatch.Entry] = []
    while let line = lines.next() {
      let number = lines.number
      if line.isEmpty { continue }
      guard let sign = firstSign(in: bytes[line]) else {
        throw Invalid(line: number, fault: "has neither `=` nor `<<`")
      }
      let key = bytes[line.lowerBound..<sign]
      if let fault = TokenForm.keyFault(key) {
        throw Invalid(line: number, fault: "the key \(fault.words)")
      }
      var value: ArraySlice<UInt8>
      if bytes[sign] == UInt8(ascii: "=") {
        value = bytes[(sign + 1)..<line.upperBound]
      } else {
        let delimiter = bytes[(sign + 2)..<line.upperBound]
        guard !delimiter.isEmpty else {
          throw Invalid(line: number, fault: "nothing follows `<<`")
        }
        guard let block = block(upTo: delimiter, &lines) else {
          if exitedBySignal { break }
          throw Invalid(line: number, fault: "the line that ends the value is missing")
        }
        value = block
      }
      if let fault = TokenForm.valueFault(value) {
        throw Invalid(line: number, fault: "the value \(fault.words)")
      }
      entries.append(
        TokenPutBatch.Entry(
          key: String(decoding: key, as: UTF8.self), value: String(decoding: value, as: UTF8.self)))
    }
    return entries
  }

  /// The place of the first `=` or `<<`.
  private static func firstSign(in line: ArraySlice<UInt8>) -> Int? {
    for index in line.indices {
      if line[index] == UInt8(ascii: "=") { return index }
      if line[index] == UInt8(ascii: "<"), index + 1 < line.endIndex,
        line[index + 1] == UInt8(ascii: "<")
      {
        return index
      }
    }
    return nil
  }

  /// The lines up to one that equals the delimiter, without the last LF; nil: there is none.
  private static func block(
    upTo delimiter: ArraySlice<UInt8>, _ lines: inout Lines
  ) -> ArraySlice<UInt8>? {
    let start = lines.position
    var end = start
    while let line = lines.next() {
      if lines.bytes[line].elementsEqual(delimiter) { return lines.bytes[start..<end] }
      end = line.upperBound
    }
    return nil
  }

  /// The lines of a file, one after the other.
  private struct Lines {
    let bytes: [UInt8]
    let dropsUnfinished: Bool
    /// Where the next line begins.
    private(set) var position = 0
    /// The number of the line taken last, from 1.
    private(set) var number = 0

    init(bytes: [UInt8], dropsUnfinished: Bool) {
      self.bytes = bytes
      self.dropsUnfinished = dropsUnfinished
    }

    mutating func next() -> Range<Int>? {
      guard position < bytes.count else { return nil }
      let start = position
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else {
        position = bytes.count
        if dropsUnfinished { return nil }
        number += 1
        return start..<bytes.count
      }
      position = end + 1
      number += 1
      return start..<end
    }
  }
}
