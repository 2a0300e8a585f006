extension ReasonList {
  /// RESOURCE_EXHAUSTED of what is stored.
  static let exhausted: [Entry] = [
    Entry(
      "token_value_too_large", .resourceExhausted,
      "A value of the token is too large; nothing of the call was put.",
      cause: "It is over the limit of a value.",
      remedy: "Put a reference, such as a path, instead of the data."),
    Entry(
      "token_full", .resourceExhausted,
      "The token of the run is full; nothing of the call was put.",
      cause: "The call would make it larger than its limit.",
      remedy: "Put less, or raise `token_max_bytes` of the workflow."),
    Entry(
      "token_history_full", .resourceExhausted,
      "The history of the token is full; nothing of the call was put.",
      cause: "The run has put too often or too much.",
      remedy: "Put less often."),
    Entry(
      "env_limit", .resourceExhausted,
      "The environment of the run is too large.",
      cause: "It has over 1,000 entries, a value over 64 KiB, or over 1 MiB with the arguments.",
      remedy: "Shorten it; pass large data in files."),
    Entry(
      "argument_limit", .resourceExhausted,
      "The arguments of the run are too large.",
      cause: "There are over 1,000, a value is over 64 KiB, or over 1 MiB with the environment.",
      remedy: "Shorten them; pass large data in files."),
    Entry(
      "env_revision_limit", .resourceExhausted,
      "The environment was changed too often.",
      cause: "A run keeps 10,000 revisions.",
      remedy: "Start a new run."),
    Entry(
      "attempt_limit", .resourceExhausted,
      "The node has too many attempts.",
      cause: "A node keeps 10,000 attempts.",
      remedy: "Start a new run."),
    Entry(
      "schedule_limit", .resourceExhausted,
      "The application has too many schedules.",
      cause: "It may have 1,000.",
      remedy: "Delete schedules that are no longer needed."),
    Entry(
      "receiver_limit", .resourceExhausted,
      "The namespace has too many receivers.",
      cause: "It may have 64.",
      remedy: "Delete receivers that are no longer needed."),
    Entry(
      "key_limit", .resourceExhausted,
      "The namespace has too many keys.",
      cause: "It may have 64 trusted keys.",
      remedy: "Delete keys that are no longer needed."),
  ]

  /// DEADLINE_EXCEEDED of StopRun.
  static let deadlines: [Entry] = [
    Entry(
      "stop_timeout", .deadlineExceeded,
      "Something of the run still lives; the run stays STOPPING and killing goes on.",
      cause: "A process or worker did not end in time; the sentence names what is left.",
      remedy: "Repeat the call, which joins the stop; `force` gives up what is out of reach.")
  ]
}
