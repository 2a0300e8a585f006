extension ReasonList {
  /// NOT_FOUND.
  static let missing: [Entry] = [
    Entry(
      "namespace_not_found", .notFound,
      "No such namespace.",
      cause: "The name is misspelt, or nothing is in it: a namespace exists while something is.",
      remedy: "Check the name; deploying an application makes the namespace."),
    Entry(
      "app_not_found", .notFound,
      "No such application.",
      cause: "The name or the namespace is wrong, or the application was deleted.",
      remedy: "Check both; `baton apps` lists them."),
    Entry(
      "version_not_found", .notFound,
      "The application has no such version.",
      cause: "The number is wrong.",
      remedy: "Leave it out for the newest; `baton app APP` shows the versions."),
    Entry(
      "workflow_not_found", .notFound,
      "The application has no such workflow.",
      cause: "The name is wrong, or another version has it.",
      remedy: "Check the name; `baton app APP` lists the workflows."),
    Entry(
      "program_not_found", .notFound,
      "The application has no such program of this type.",
      cause: "The name or the type is wrong.",
      remedy: "Check both."),
    Entry(
      "program_retired", .notFound,
      "The newest version no longer has the program, an earlier one had.",
      cause: "The application was deployed without it.",
      remedy: "Ask with the version that the sentence names."),
    Entry(
      "run_not_found", .notFound,
      "No such run.",
      cause: "The id is wrong, or the run was removed, or is of another workflow.",
      remedy: "Check the id and the namespace; `baton runs APP/WORKFLOW` lists them."),
    Entry(
      "node_not_found", .notFound,
      "The workflow has no such node.",
      cause: "The name is wrong, or another version has it.",
      remedy: "Check the name; `baton nodes RUN` lists them."),
    Entry(
      "attempt_not_found", .notFound,
      "The node has no such attempt.",
      cause: "The number is wrong, or the node has not started.",
      remedy: "Leave it out for the newest; `baton nodes RUN` shows the attempts."),
    Entry(
      "token_key_not_found", .notFound,
      "The token has no entry for the key that can be seen from here.",
      cause: "Nothing has put it, or only nodes that are no ancestors of this one.",
      remedy: "Check key, scope and node; `baton token list RUN` shows what is visible."),
    Entry(
      "env_revision_not_found", .notFound,
      "The environment has no such revision.",
      cause: "The number is wrong.",
      remedy: "Leave it out for the newest; `baton env RUN --history` lists them."),
    Entry(
      "schedule_not_found", .notFound,
      "No such schedule.",
      cause: "The name is wrong, or the schedule was deleted.",
      remedy: "Check the name; `baton schedule list` lists them."),
    Entry(
      "receiver_not_found", .notFound,
      "No such receiver.",
      cause: "The name or the namespace is wrong.",
      remedy: "Check both; `baton receiver list` lists them."),
    Entry(
      "delivery_not_found", .notFound,
      "No such delivery.",
      cause: "The event id is wrong, or the delivery was pruned or dropped.",
      remedy: "Check the id; `baton receiver deliveries NAME` lists them."),
    Entry(
      "key_not_found", .notFound,
      "No such key, or version of a key.",
      cause: "The name or the kid is wrong.",
      remedy: "Check both; `baton key list` lists them."),
    Entry(
      "secret_not_found", .notFound,
      "No such secret.",
      cause: "The name or the namespace is wrong.",
      remedy: "Check both; `baton secret list` lists them."),
    Entry(
      "grant_not_found", .notFound,
      "No such grant.",
      cause: "The identity has not got this role here.",
      remedy: "Check it; `baton grant list` lists them."),
  ]
}
