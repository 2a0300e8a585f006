extension ReasonList {
  /// What the client library and the programs find themselves; no call answers these.
  static let local: [Entry] = [
    Entry(
      "address_invalid", .invalidArgument,
      "An address cannot be used.",
      cause: "It is neither `HOST:PORT` nor `unix:PATH`, or a secret would travel in clear.",
      remedy: "Give `HOST:PORT` or `unix:PATH`, and use TLS with a bearer token."),
    Entry(
      "file_unreadable", .invalidArgument,
      "A file cannot be read.",
      cause: "It is missing, not permitted, or not of the expected kind.",
      remedy: "Check the path that the sentence names."),
    Entry(
      "not_in_node", .failedPrecondition,
      "The program does not run inside a node.",
      cause: "The environment lacks `BATON_TASK_TOKEN` or another of its variables.",
      remedy: "Call this from a program that a node executes."),
    Entry(
      "token_value_invalid", .invalidArgument,
      "The value of a key is not of the type asked for.",
      cause: "The text put is no number, for example.",
      remedy: "Read it as text, or correct the node that puts it."),
    Entry(
      "usage", .invalidArgument,
      "The command line is wrong.",
      cause: "An argument is missing, unknown or of the wrong form.",
      remedy: "`baton COMMAND --help` says what the command takes. The exit code is 2."),
  ]
}
