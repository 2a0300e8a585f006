import BatonCore
import BatonEngine
import Synchronization
import Testing

/// The server's bound on attempts with a process (G18).
@Suite("Slots of attempts")
struct AttemptSlotsTests {
  /// A run that takes its slot when it is called, and gives it back at once.
  private func waitInLine(_ slots: AttemptSlots, _ number: UInt64, _ order: Order) -> Bool {
    let run = RunID(high: 0x7000, low: 1 << 63 | number)
    return slots.take(for: run) { [self] in
      guard waitInLine(slots, number, order) else { return true }
      order.numbers.withLock { $0.append(number) }
      slots.release()
      return true
    }
  }

  private final class Order: Sendable {
    let numbers = Mutex<[UInt64]>([])
  }

  @Test("100,000 runs that wait are called in order, without a stack for each")
  func line() {
    let slots = AttemptSlots(1)
    let order = Order()
    #expect(waitInLine(slots, 0, order))
    for number in 1...100_000 as ClosedRange<UInt64> {
      #expect(!waitInLine(slots, number, order))
    }
    slots.release()
    #expect(order.numbers.withLock { $0 } == Array(1...100_000))
    #expect(slots.free == 1)
  }

  @Test("an offer to a run that has ended goes to the next")
  func ended() {
    let slots = AttemptSlots(0)
    let called = Mutex<[Int]>([])
    for number in 1...3 {
      let run = RunID(high: 0x7000, low: 1 << 63 | UInt64(number))
      _ = slots.take(for: run) {
        called.withLock { $0.append(number) }
        return number == 2
      }
    }
    slots.release()
    #expect(called.withLock { $0 } == [1, 2])
  }
}
