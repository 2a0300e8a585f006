extension ReasonList {
  /// What any call may answer.
  static let anyCall: [Entry] = [
    Entry(
      "unauthenticated", .unauthenticated,
      "The caller has no identity, or one that the server does not know.",
      cause: "No credential came with the call, or it is unknown, revoked or expired.",
      remedy: "Give a valid bearer token, client certificate or task credential."),
    Entry(
      "not_permitted", .permissionDenied,
      "The caller is known, but may not do this.",
      cause: "The role that the call asks for is not granted here, or a credential is for less.",
      remedy: "Ask an admin for a grant, or call with another identity."),
    Entry(
      "draining", .unavailable,
      "The server is shutting down and takes no new calls.",
      cause: "It got a signal to stop; calls under way may still finish.",
      remedy: "Repeat the call after a moment, or at another server."),
    Entry(
      "unavailable", .unavailable,
      "The server, or a service that it depends on, cannot be reached or cannot work now.",
      cause: "It is not running, the address is wrong, a connection broke, or too much waits.",
      remedy: "Repeat the call after a moment; check the address and `baton admin status`."),
    Entry(
      "store_read_only", .unavailable,
      "The store cannot be written; reads still work and nothing was stored.",
      cause: "The data directory, or its file system, is read-only.",
      remedy: "Make the data directory writable and repeat the call."),
    Entry(
      "deadline_exceeded", .deadlineExceeded,
      "The time allowed for the call was over before its answer.",
      cause: "The server is slow or far, or the timeout is too short for this call.",
      remedy: "Repeat it with the same request id and more time; it may have changed something."),
    Entry(
      "cancelled", .cancelled,
      "The call was cancelled before its answer.",
      cause: "The client gave it up, or its connection was closed.",
      remedy: "Repeat it with the same request id if it is still wanted."),
    Entry(
      "disk_full", .resourceExhausted,
      "There was no room for the change; nothing was stored.",
      cause: "The file system of the data directory is full.",
      remedy: "Free disk space and repeat the call; writing goes on by itself."),
    Entry(
      "internal", .internal,
      "The server could not complete the call for a reason of its own.",
      cause: "A defect or a damaged row; the log of the server says more.",
      remedy: "Look into the log of the server and report what it says."),
  ]
}
