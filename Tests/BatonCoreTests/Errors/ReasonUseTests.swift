import BatonCore
import Testing

@Suite("The use of reasons")
struct ReasonUseTests {
  private static let sources = Result { try RepositoryText.all(below: "Sources", ending: ".swift") }
  private static let protos = Result { try RepositoryText.all(below: "Protos", ending: ".proto") }

  private static let codes = Dictionary(
    BatonError.Reason.entries.map { ($0.reason.rawValue, $0.code.name) },
    uniquingKeysWith: { first, _ in first })
  private static let outcomes = Set((OutcomeReason.ofNodes + OutcomeReason.ofRuns).map(\.word))

  /// Reasons that are used with another code than theirs; one that is no longer so must go.
  private static let differences: [String] = []

  @Test("errors are made with reasons of the list and their codes")
  func errors() throws {
    var findings: [String] = []
    var differences: Set<String> = []
    var count = 0
    for file in try Self.sources.get() where file.text.contains("BatonError(") {
      for part in file.code.split(separator: "BatonError(", omittingEmptySubsequences: false)
        .dropFirst()
      {
        guard let use = part.prefixMatch(of: /\s*\.`?(\w+)`?,\s*"([^"]*)"/) else { continue }
        let (code, reason) = (Self.codeName(use.output.1), String(use.output.2))
        count += 1
        if Self.codes[reason] == code { continue }
        if Self.differences.contains("\(reason) \(code)") {
          differences.insert("\(reason) \(code)")
        } else {
          findings.append("\(file.path): \(reason) \(code)")
        }
      }
    }
    #expect(count > 100, "the form of errors has changed")
    #expect(findings.isEmpty, "not in the list with this code: \(findings)")
    #expect(differences == Set(Self.differences), "no longer needed")
  }

  @Test("words that are given or compared as reasons are in a list")
  func words() throws {
    let given = /\b(?:reason|tooLarge)(?:: BatonError\.Reason)?(?::| =| ==| !=) "([a-z0-9]+_\w+)"/
    let failed = /\.failed\(\s*"([a-z0-9]+_\w+)"/
    var findings: [String] = []
    var count = 0
    for file in try Self.sources.get() {
      let code = file.code
      for use in code.matches(of: given) + code.matches(of: failed) {
        let word = String(use.output.1)
        count += 1
        if Self.codes[word] != nil || Self.outcomes.contains(word) { continue }
        findings.append("\(file.path): \(word)")
      }
    }
    #expect(count > 10, "the form of reasons has changed")
    #expect(findings.isEmpty, "in no list: \(findings)")
  }

  @Test("comments name reasons with their codes")
  func comments() throws {
    let names = Set(Self.codes.values)
    var findings: [String] = []
    var count = 0
    for file in try Self.sources.get() + Self.protos.get() {
      let text = file.comments.filter { !$0.isEmpty }.joined()
      for use in text.matches(of: /\b([A-Z][A-Z_]+) `([a-z0-9_]+)`/)
      where names.contains(String(use.output.1)) {
        count += 1
        let (code, reason) = (String(use.output.1), String(use.output.2))
        if Self.codes[reason] != code { findings.append("\(file.path): \(code) \(reason)") }
      }
    }
    #expect(count > 20, "the form of comments has changed")
    #expect(findings.isEmpty, "not in the list with this code: \(findings)")
  }

  @Test("what looks like a reason in the protos is in a list")
  func protos() throws {
    let files = try Self.protos.get()
    let fields = Set(
      files.flatMap { file in
        file.code.matches(of: /\b([a-z][a-z0-9_]*) = \d+[ ;]/).map { String($0.output.1) }
      })
    var findings: [String] = []
    for file in files {
      for line in file.comments {
        for use in line.matches(of: /`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`/) {
          let word = String(use.output.1)
          let isKnown =
            Self.codes[word] != nil || Self.outcomes.contains(word) || fields.contains(word)
            || Self.otherWords.contains(word)
          if !isKnown { findings.append("\(file.path): \(word)") }
        }
      }
    }
    #expect(fields.count > 200, "the form of fields has changed")
    #expect(findings.isEmpty, "neither a reason nor a field: \(findings)")
  }

  /// Words of comments that are neither reasons of the lists nor fields.
  private static let otherWords: Set = [
    // Members of application files.
    "for_each", "pause_before", "stop_grace", "token_max_bytes", "token_max_value_bytes",
    // Values.
    "catch_up", "fire_once",
    // Reports of runs.
    "dag_id",
    // Reasons of problems, jobs, deliveries and warnings.
    "address_refused", "chain_depth", "cron_never_fires", "event_log_gap", "not_deployed",
    "queue_full", "results_too_large", "schedules_pending", "tls_failed", "unknown_node",
  ]

  private static func codeName(_ swiftName: Substring) -> String {
    swiftName.reduce(into: "") { name, character in
      if character.isUppercase { name.append("_") }
      name.append(character.uppercased())
    }
  }
}
