extension ReasonList {
  /// PERMISSION_DENIED of attempts and signed triggers.
  static let denied: [Entry] = [
    Entry(
      "scope_reserved", .permissionDenied,
      "Only the platform puts into the SYSTEM scope.",
      cause: "A put names SYSTEM.",
      remedy: "Put into USER."),
    Entry(
      "attempt_ended", .permissionDenied,
      "The attempt has ended, and its credential with it.",
      cause: "A process outlived its attempt, or a lease was lost.",
      remedy: "Put before the program ends."),
    Entry(
      "token_mismatch", .permissionDenied,
      "The signed token and the request differ.",
      cause: "The sentence names the field.",
      remedy: "Sign the request that is sent."),
    Entry(
      "token_audience_mismatch", .permissionDenied,
      "The token is meant for another server.",
      cause: "`aud` is not the audience of this one.",
      remedy: "Sign with the audience of this server (`--audience`)."),
    Entry(
      "key_not_allowed", .permissionDenied,
      "The key may not trigger this workflow.",
      cause: "It is limited to other workflows.",
      remedy: "Use another key, or let an admin extend its `workflows`."),
    Entry(
      "token_replayed", .permissionDenied,
      "The token was used before.",
      cause: "Its `jti` has made a run.",
      remedy: "Sign a new token for every trigger; repeat a call with its request id."),
  ]
}
