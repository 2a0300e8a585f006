extension ReasonList {
  /// ALREADY_EXISTS.
  static let taken: [Entry] = [
    Entry(
      "request_id_reused", .alreadyExists,
      "The request id was used with another body.",
      cause: "A client uses an id twice, or changed the call before repeating it.",
      remedy: "Take a fresh request id for every call; repeat a call unchanged."),
    Entry(
      "run_id_taken", .alreadyExists,
      "The workflow has had a run with this id.",
      cause: "A trigger brought an id that is used for ever, also after the run is removed.",
      remedy: "Bring another id; an admin can free it with `baton admin forget-run-ids`."),
    Entry(
      "schedule_exists", .alreadyExists,
      "The application has a schedule of this name.",
      cause: "It was made by a file or by a call.",
      remedy: "Update it, or take another name."),
    Entry(
      "receiver_exists", .alreadyExists,
      "The namespace has a receiver of this name.",
      cause: "It was made before.",
      remedy: "Update it, or take another name."),
    Entry(
      "key_exists", .alreadyExists,
      "The namespace has a key of this name.",
      cause: "It was made before.",
      remedy: "Take another name, or rotate the key."),
    Entry(
      "kid_taken", .alreadyExists,
      "The namespace has a key with this kid.",
      cause: "The kid was given before, or the same key is added again.",
      remedy: "Take another kid."),
  ]
}
