import BatonWire
import Testing

@Suite("enums of the contract")
struct OpenEnumTests {
  @Test("CT2: outside of the protos an enum is its bare word")
  func names() {
    #expect(Wire.RunStatus.running.name == "RUNNING")
    #expect(Wire.NodeStatus.upstreamFailed.name == "UPSTREAM_FAILED")
    #expect(Wire.RunStatus(name: "KILLED") == .killed)
    #expect(Wire.RunStatus(name: "killed") == nil)
    #expect(Wire.RunStatus().name == "UNSPECIFIED")
  }

  @Test("numbers of later versions are kept")
  func unknown() {
    let later = Wire.RunStatus(rawValue: 99)
    #expect(!later.isKnown)
    #expect(later.name == "99")
    #expect(later.knownName == nil)
    #expect(Wire.RunStatus.allCases.count == 11)
  }
}
