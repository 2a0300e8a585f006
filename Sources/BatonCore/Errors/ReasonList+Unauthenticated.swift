extension ReasonList {
  /// UNAUTHENTICATED of signed triggers and bearer tokens.
  static let identities: [Entry] = [
    Entry(
      "token_missing", .unauthenticated,
      "The call needs a signed token.",
      cause: "The policy of the workflow asks for one.",
      remedy: "Sign the trigger: `baton trigger --jwt-key FILE --jwt-kid KID`."),
    Entry(
      "token_malformed", .unauthenticated,
      "The token is no compact JWS.",
      cause: "It is too long, not three parts of base64url, or its JSON is not strict.",
      remedy: "Send the token as it was signed; `baton key check` explains it."),
    Entry(
      "token_header_refused", .unauthenticated,
      "The header of the token has a member or type that is not accepted.",
      cause: "It has `crit`, `jku`, `jwk`, `x5u`, `x5c`, `b64`, `zip`, `enc` or an unknown `typ`.",
      remedy: "Sign with `alg`, `kid` and `typ` only."),
    Entry(
      "token_not_strict", .unauthenticated,
      "The workflow takes strict tokens only.",
      cause: "`typ` is not `baton-trigger+jwt`.",
      remedy: "Sign a strict token (`--jwt-mode strict`)."),
    Entry(
      "token_alg_refused", .unauthenticated,
      "The algorithm of the token is not accepted.",
      cause: "It is not RS256, ES256 or EdDSA, or the server allows fewer.",
      remedy: "Sign with an accepted algorithm."),
    Entry(
      "token_key_unknown", .unauthenticated,
      "No valid key of the namespace has this kid.",
      cause: "It is unknown, disabled, out of its validity, or for another algorithm.",
      remedy: "Check the kid with `baton key list`."),
    Entry(
      "token_signature_invalid", .unauthenticated,
      "The signature of the token does not verify.",
      cause: "It was made with another key, or the token was altered.",
      remedy: "Sign with the private key that belongs to the kid."),
    Entry(
      "token_claim_missing", .unauthenticated,
      "A claim that is required is missing or of the wrong type.",
      cause: "The sentence names it.",
      remedy: "Add the claim."),
    Entry(
      "token_expired", .unauthenticated,
      "The token has expired.",
      cause: "Its `exp` is over, or a clock is wrong.",
      remedy: "Sign a new token; check the clocks."),
    Entry(
      "token_not_yet_valid", .unauthenticated,
      "The token is not valid yet.",
      cause: "Its `nbf` or `iat` is in the future, or a clock is wrong.",
      remedy: "Wait, or check the clocks."),
    Entry(
      "token_lifetime_too_long", .unauthenticated,
      "The token is valid for longer than accepted.",
      cause: "`exp` is too far from `iat`.",
      remedy: "Sign a token with a shorter life."),
  ]
}
