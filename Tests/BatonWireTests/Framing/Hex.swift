import NIOCore

/// Bytes written in hexadecimal; blanks, line breaks and `|` are only for reading.
func hex(_ text: String) -> ByteBuffer {
  let digits = text.filter { !$0.isWhitespace && $0 != "|" }
  var buffer = ByteBuffer()
  var rest = Substring(digits)
  while rest.count >= 2 {
    buffer.writeInteger(UInt8(rest.prefix(2), radix: 16) ?? 0)
    rest = rest.dropFirst(2)
  }
  return buffer
}
