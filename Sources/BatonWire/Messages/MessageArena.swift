internal import CProtobufC

#if canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Memory for the C side of one message, taken piece by piece and given back all at once.
///
/// The first block lies on the stack, so that small messages need no `malloc`. A budget bounds what
/// may be taken (FR17). The value is a handle: it must not outlive ``withArena(budget:_:)``.
struct MessageArena {
  /// Bytes of the block on the stack; more than 1,024 would be taken from the heap.
  static let stackBytes = 1_024
  /// Every piece begins at a multiple of this.
  private static let alignment = 8
  /// The first block from the heap; each further one is twice as long, up to 1 MiB.
  private static let firstHeapBlock = 8_192
  private static let longestGrowth = 1_048_576

  private struct State {
    var next: UnsafeMutableRawPointer
    var end: UnsafeMutableRawPointer
    /// The newest block from the heap; its first word points to the one before.
    var heapBlocks: UnsafeMutableRawPointer?
    var nextBlock = MessageArena.firstHeapBlock
    /// Bytes that may still be taken.
    var budget: Int
    var isExhausted = false
  }

  private let state: UnsafeMutablePointer<State>

  /// Gives an empty arena to `body` and takes back all of its memory afterwards.
  @inline(__always)
  static func withArena<Result, Failure: Error>(
    budget: Int = .max, _ body: (MessageArena) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeTemporaryAllocation(
      byteCount: stackBytes, alignment: 16
    ) { block throws(Failure) in
      guard let start = block.baseAddress else { preconditionFailure("no stack block") }
      var state = State(
        next: start, end: start + stackBytes, heapBlocks: nil, budget: budget)
      return try withUnsafeMutablePointer(to: &state) { state throws(Failure) in
        let arena = MessageArena(state: state)
        defer { if state.pointee.heapBlocks != nil { arena.freeBlocks() } }
        return try body(arena)
      }
    }
  }

  /// Whether a piece was refused because of the budget.
  var isExhausted: Bool { state.pointee.isExhausted }

  /// Memory of any content, or nil beyond the budget.
  @inline(__always)
  func allocateWithinBudget(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount <= state.pointee.budget else {
      state.pointee.isExhausted = true
      return nil
    }
    return allocate(byteCount)
  }

  /// Memory of any content.
  @inline(__always)
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let size = (byteCount + Self.alignment - 1) & ~(Self.alignment - 1)
    state.pointee.budget -= size
    let piece = state.pointee.next
    guard size <= state.pointee.end - piece else { return allocateFromNewBlock(size) }
    state.pointee.next = piece + size
    return piece
  }

  @inline(never)
  private func allocateFromNewBlock(_ size: Int) -> UnsafeMutableRawPointer {
    let header = 16
    // A piece that is large for the next block gets a block of its own.
    let isLarge = size > state.pointee.nextBlock / 4
    let length = header + (isLarge ? size : state.pointee.nextBlock)
    let block = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: 16)
    block.storeBytes(of: state.pointee.heapBlocks, as: UnsafeMutableRawPointer?.self)
    state.pointee.heapBlocks = block
    if !isLarge {
      state.pointee.next = block + header + size
      state.pointee.end = block + length
      state.pointee.nextBlock = min(state.pointee.nextBlock * 2, Self.longestGrowth)
    }
    return block + header
  }

  @inline(never)
  private func freeBlocks() {
    var block = state.pointee.heapBlocks
    while let current = block {
      block = current.load(as: UnsafeMutableRawPointer?.self)
      current.deallocate()
    }
    state.pointee.heapBlocks = nil
  }

  /// The length of a text that begins a piece of an arena.
  ///
  /// Most texts are short, and the call of `strlen` would cost more than the loop. Whole words are
  /// read: pieces begin at multiples of 8 and end there, too.
  @inline(__always)
  static func textLength(_ text: UnsafePointer<CChar>) -> Int {
    let high: UInt64 = 0x8080_8080_8080_8080
    let ones: UInt64 = 0x0101_0101_0101_0101
    var offset = 0
    while offset < 48 {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(text).load(fromByteOffset: offset, as: UInt64.self))
      let zeros = (word &- ones) & ~word & high
      if zeros != 0 { return offset + zeros.trailingZeroBitCount / 8 }
      offset += 8
    }
    return offset + strlen(text + offset)
  }

  /// The arena as protobuf-c takes memory; freeing single pieces does nothing.
  var allocator: ProtobufCAllocator {
    ProtobufCAllocator(
      alloc: { data, size in
        guard let data, let count = Int(exactly: size) else { return nil }
        return MessageArena(state: data.assumingMemoryBound(to: State.self))
          .allocateWithinBudget(count)
      },
      free: { _, _ in },
      allocator_data: UnsafeMutableRawPointer(state))
  }
}
