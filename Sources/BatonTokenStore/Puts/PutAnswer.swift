internal import BatonCore
internal import Crypto

/// The answer of a put call as it is remembered for repeats (T23).
enum PutAnswer {
  /// The bytes to remember.
  static func encode(_ receipt: TokenReceipt) -> [UInt8] {
    [
      receipt.firstSeq, receipt.lastSeq, UInt64(receipt.usedBytes), UInt64(receipt.limitBytes),
    ].flatMap { number in withUnsafeBytes(of: number.littleEndian, Array.init) }
  }

  /// The answer that was remembered; nil: the bytes are none.
  static func decode(_ bytes: [UInt8]) -> TokenReceipt? {
    guard bytes.count == 32 else { return nil }
    let numbers = stride(from: 0, to: 32, by: 8).map { start in
      bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    return TokenReceipt(
      firstSeq: numbers[0], lastSeq: numbers[1], usedBytes: Int(clamping: numbers[2]),
      limitBytes: Int(clamping: numbers[3]))
  }

  /// SHA-256 of what a call puts: the body that a repeat must have, too.
  static func bodyHash(_ entries: [TokenPutBatch.Entry]) -> [UInt8] {
    var hash = SHA256()
    for entry in entries {
      append(entry.key, to: &hash)
      append(entry.value, to: &hash)
    }
    return Array(hash.finalize())
  }

  private static func append(_ text: String, to hash: inout SHA256) {
    withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
    let contiguous: Void? = text.utf8.withContiguousStorageIfAvailable {
      hash.update(bufferPointer: UnsafeRawBufferPointer($0))
    }
    if contiguous == nil { hash.update(data: Array(text.utf8)) }
  }
}
