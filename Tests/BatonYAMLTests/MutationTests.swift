import BatonCore
import BatonExpressions
import BatonYAML
import Foundation
import Testing

@Suite struct MutationTests {
  /// SplitMix64: the same numbers for the same seed.
  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return value ^ value >> 31
    }
  }

  private static let pieces: [String] = [
    "{", "}", "[", "]", ":", ",", "\"", "'", "\n", "\t", " ", "- ", "? ", "&a ", "*a", "!t ", "#",
    "|", ">", "%", "@", "\u{0}", "\u{FEFF}", "é", "${", "}", "after", "name: A", "null", "---\n",
    "steps:", "fork:", "\\ud800", "9999999999999999999999",
  ]

  @Test(
    "a damaged file gives a model or problems with places, never a crash",
    arguments: [campaignFile, campaignJSON])
  func damaged(file: String) {
    let evaluator = SQLConditionEvaluator()
    let compiler = ApplicationCompiler(features: .all, evaluator: evaluator)
    let count = ProcessInfo.processInfo.environment["BATON_TEST_MUTATIONS"].flatMap(Int.init)
    for seed in 0..<(count ?? 300) {
      var random = Random(state: UInt64(seed))
      var bytes = Array(file.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let start = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, start + Int.random(in: 0...8, using: &random))
        let piece = Self.pieces.randomElement(using: &random) ?? ""
        bytes.replaceSubrange(start..<end, with: piece.utf8)
      }
      let result = ApplicationFileReader().read(bytes).flatMap { compiler.compile($0) }
      guard case .failure(let problems) = result else { continue }
      #expect(problems.total > 0, "seed \(seed)")
      #expect(problems.listed.allSatisfy { $0.line >= 1 && $0.column >= 1 }, "seed \(seed)")
    }
  }

  @Test("a model survives its encoding")
  func encoding() throws {
    let application = try compile(campaignFile).get().application
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(application)
    #expect(try JSONDecoder().decode(Application.self, from: data) == application)
    #expect(try encoder.encode(compile(campaignJSON).get().application) == data)
  }
}
