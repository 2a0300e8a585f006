extension ReasonList {
  /// ABORTED: read again, then repeat.
  static let aborted: [Entry] = [
    Entry(
      "attempt_changed", .aborted,
      "The node has a newer attempt than the call expects.",
      cause: "It was retried, re-run or skipped meanwhile.",
      remedy: "Read the node again and decide anew."),
    Entry(
      "env_changed", .aborted,
      "The environment has a newer revision than the call expects.",
      cause: "Another call changed it meanwhile.",
      remedy: "Read the environment again and repeat the change."),
    Entry(
      "rerun_in_progress", .aborted,
      "The node is being re-run already.",
      cause: "Another call re-ran it; its attempt has not ended.",
      remedy: "Wait for the attempt; the sentence says who re-ran it and when."),
    Entry(
      "generation_conflict", .aborted,
      "The schedule or receiver was changed meanwhile.",
      cause: "The generation is not the one that the call expects.",
      remedy: "Read it again and repeat the change."),
  ]
}
