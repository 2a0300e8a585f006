/// The list of reasons.
///
/// `Scripts/errors` writes the page of errors from the literals of these tables, so they keep one
/// form: a text is one literal on a line of its own.
enum ReasonList {
  typealias Entry = BatonError.Reason.Entry

  /// All of them, in the order of the tables.
  static let all: [Entry] = [
    anyCall, wire, requests, deployment, tokens, reruns, batches, schedules, keys, missing, taken,
    aborted, control, refusedReruns, conflicts, denied, identities, exhausted, deadlines, local,
  ].flatMap(\.self)
}
