extension ReasonList {
  /// What the wire answers before a service sees the call.
  static let wire: [Entry] = [
    Entry(
      "stream_id_invalid", .invalidArgument,
      "A request came with a stream id that no client may use.",
      cause: "The id is even or 0.",
      remedy: "Use odd ids."),
    Entry(
      "stream_in_use", .invalidArgument,
      "A request came with the id of a call that is still active.",
      cause: "The client counts its calls wrongly or uses an id again too early.",
      remedy: "Use a fresh odd id for every call."),
    Entry(
      "stream_unknown", .invalidArgument,
      "Data came for a call that takes none.",
      cause: "The call is unary, has ended, or never began.",
      remedy: "Send data only on a stream of the client that is open."),
    Entry(
      "malformed_request", .invalidArgument,
      "The envelope of the request cannot be decoded.",
      cause: "The bytes are not an encoded `Request`.",
      remedy: "Use a client of the protocol; compare the versions of both sides."),
    Entry(
      "malformed_message", .invalidArgument,
      "The message of the call cannot be decoded.",
      cause: "The bytes are not an encoded message of the type that the method takes.",
      remedy: "Compare the protos of both sides."),
    Entry(
      "invalid_text", .invalidArgument,
      "A text is not valid UTF-8, or holds the character U+0000.",
      cause: "Bytes that are no text stand in a text field.",
      remedy: "Encode bytes as text, in base64 for example."),
    Entry(
      "message_too_deep", .invalidArgument,
      "A message is nested deeper than the server follows.",
      cause: "Messages stand in messages beyond the limit.",
      remedy: "Send a flatter message."),
    Entry(
      "frame_too_large", .resourceExhausted,
      "A message does not fit a frame.",
      cause: "The request has more than 4 MiB, or 64 KiB before authentication.",
      remedy: "Split the call; authenticate before a large one."),
    Entry(
      "reply_too_large", .resourceExhausted,
      "The answer does not fit a frame.",
      cause: "It has more than 4 MiB.",
      remedy: "Ask for less: smaller pages, lower limits, or the call that streams."),
    Entry(
      "message_too_costly", .resourceExhausted,
      "Unpacking the message would take more memory than a call gets.",
      cause: "It has very many small parts.",
      remedy: "Split the call."),
    Entry(
      "metadata_too_large", .resourceExhausted,
      "The metadata of the call is over the limit.",
      cause: "It has more than 64 pairs or 8 KiB.",
      remedy: "Send less metadata."),
    Entry(
      "too_many_calls", .resourceExhausted,
      "Too many calls are active.",
      cause: "A connection has at most 256 active calls, and streams of a client are bounded.",
      remedy: "Wait for answers, or use further connections."),
    Entry(
      "rate_limited", .resourceExhausted,
      "The identity calls more often than it may.",
      cause: "The server has a limit of requests per second.",
      remedy: "Wait as long as the sentence says, then repeat the call."),
    Entry(
      "unknown_method", .unimplemented,
      "The server does not have this method.",
      cause: "The service is not served here, or one side is older than the other.",
      remedy: "Check `--services` of the server and the versions of both sides."),
  ]
}
