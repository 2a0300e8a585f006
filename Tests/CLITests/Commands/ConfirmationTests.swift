import Testing
import baton

@Suite struct ConfirmationTests {
  @Test("C14 only yes is yes", arguments: ["y", "Y", "yes", " YES \n", "y\r"])
  func yes(answer: String) {
    #expect(Confirmation.isYes(answer))
  }

  @Test("C14 everything else is no", arguments: ["", "n", "yess", "ja", "yes no", nil])
  func no(answer: String?) {
    #expect(!Confirmation.isYes(answer))
  }
}
