/// What the values of options look like, for those that were not understood.
package enum ArgumentForm {
  /// The forms by the names of values in usage texts.
  private static let forms: [(name: String, form: String)] = [
    ("<duration>", "a duration is a whole number and ms, s, m, h or d, such as 500ms or 30s"),
    (
      "<t>",
      "a time is 2026-01-31T08:00:00Z, 2026-01-31, milliseconds since 1970, or an age such as 2h"
    ),
    ("<n>", "a whole number is expected; none of them is negative"),
    ("<v>", "a version is a whole number from 1 on"),
    ("<seq>", "a whole number from 0 on is expected"),
  ]

  /// How the value should look of which the parser complains; nil: that is not known.
  package static func hint(for sentence: String) -> String? {
    guard sentence.contains("is invalid for") || sentence.hasPrefix("Missing value for") else {
      return nil
    }
    return forms.first { sentence.contains($0.name) }?.form
  }
}
