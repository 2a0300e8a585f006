extension ReasonList {
  /// INVALID_ARGUMENT of calls of every service.
  static let requests: [Entry] = [
    Entry(
      "run_id_invalid", .invalidArgument,
      "The id of a run is empty or ill-formed.",
      cause: "It is no run id, or an id brought by a trigger breaks the rules of such ids.",
      remedy: "Give the 36 characters of the run id, or an id of 1 to 250 bytes, not `latest`."),
    Entry(
      "run_ambiguous", .invalidArgument,
      "Several runs match the text.",
      cause: "A prefix of a run id, or an id brought by a trigger, belongs to more than one run.",
      remedy: "Give more characters, or `APP/WORKFLOW@ID`."),
    Entry(
      "name_missing", .invalidArgument,
      "A name that the call needs is empty.",
      cause: "The field that the sentence names was not given.",
      remedy: "Give it."),
    Entry(
      "name_invalid", .invalidArgument,
      "A name is ill-formed.",
      cause: "It has a character that names do not have, or is too long.",
      remedy: "Correct the name; the sentence says where it stands."),
    Entry(
      "request_id_invalid", .invalidArgument,
      "The request id is ill-formed.",
      cause: "It has more than 128 characters, or one that is not printable ASCII.",
      remedy: "Use 1 to 128 printable ASCII characters, a UUID for example."),
    Entry(
      "page_size_invalid", .invalidArgument,
      "The page size is out of bounds.",
      cause: "It is negative or above 1,000.",
      remedy: "Ask for 1 to 1,000 elements; 0 means 100."),
    Entry(
      "page_token_invalid", .invalidArgument,
      "The page token is not one of this listing.",
      cause: "It was altered, or the call differs from the one that gave it.",
      remedy: "Repeat the call as it was, with `next_page_token` of the page before."),
    Entry(
      "status_invalid", .invalidArgument,
      "A status of the filter is unknown.",
      cause: "A word is misspelt or belongs to something else.",
      remedy: "Use the status words, such as RUNNING, or ACTIVE and ENDED for runs."),
    Entry(
      "filter_invalid", .invalidArgument,
      "A value of a filter or a choice is unknown.",
      cause: "A word is misspelt, or fields exclude each other.",
      remedy: "Use the words that the sentence names."),
    Entry(
      "time_range_invalid", .invalidArgument,
      "The time range is empty.",
      cause: "`since` is after `until`.",
      remedy: "Exchange them; `since` is included, `until` is not."),
    Entry(
      "limit_invalid", .invalidArgument,
      "A number or size is out of bounds.",
      cause: "It is below the least or above the greatest value of its field.",
      remedy: "Use a value within the bounds that the sentence names."),
    Entry(
      "note_too_long", .invalidArgument,
      "The note of the call is too long.",
      cause: "It has more bytes than the record of the call keeps.",
      remedy: "Shorten it."),
  ]

  /// INVALID_ARGUMENT of deployments and triggers.
  static let deployment: [Entry] = [
    Entry(
      "app_invalid", .invalidArgument,
      "The application file has errors; nothing was stored.",
      cause: "The sentence lists them with line, column and path.",
      remedy: "Correct the file; `baton deploy --dry-run` checks it."),
    Entry(
      "argument_missing", .invalidArgument,
      "A required argument was not given; no run was made.",
      cause: "The workflow declares arguments without a default.",
      remedy: "Give them with `--arg NAME=VALUE`."),
    Entry(
      "argument_conflict", .invalidArgument,
      "A name stands in `conf` and in the arguments.",
      cause: "Both would set the same argument.",
      remedy: "Give it once."),
    Entry(
      "conf_invalid", .invalidArgument,
      "The `conf` of the trigger is not acceptable.",
      cause: "It is no JSON object, repeats a member, or is nested too deep or too large.",
      remedy: "Give one JSON object."),
  ]

  /// INVALID_ARGUMENT of the token store.
  static let tokens: [Entry] = [
    Entry(
      "token_entries_invalid", .invalidArgument,
      "A put has no entries, or too many.",
      cause: "A call takes 1 to 1,000 entries.",
      remedy: "Split the put."),
    Entry(
      "token_key_invalid", .invalidArgument,
      "A key of the token is ill-formed.",
      cause: "It is empty, has more than 1,024 bytes, or a control character.",
      remedy: "Use a shorter key without control characters."),
    Entry(
      "token_scope_invalid", .invalidArgument,
      "The scope is unknown.",
      cause: "It is neither USER nor SYSTEM.",
      remedy: "Use USER or SYSTEM."),
  ]

  /// INVALID_ARGUMENT of re-runs, skips and changes of the environment.
  static let reruns: [Entry] = [
    Entry(
      "no_nodes", .invalidArgument,
      "The call names no node.",
      cause: "Neither nodes nor `all_failed` is given.",
      remedy: "Name nodes, or ask for all failed ones."),
    Entry(
      "nodes_and_all_failed", .invalidArgument,
      "The call names nodes and asks for all failed ones.",
      cause: "The two exclude each other.",
      remedy: "Give one of them."),
    Entry(
      "node_repeated", .invalidArgument,
      "A node is named twice.",
      cause: "The list of nodes has a duplicate.",
      remedy: "Name every node once."),
    Entry(
      "too_many_nodes", .invalidArgument,
      "The call names too many nodes.",
      cause: "A call takes 1 to 1,000 nodes.",
      remedy: "Split the call, or use `all_failed`."),
    Entry(
      "no_reset_not_applicable", .invalidArgument,
      "`no_reset` means nothing for these nodes.",
      cause: "None of them has `for_each` or a child run.",
      remedy: "Leave `no_reset` out."),
    Entry(
      "outcome_required", .invalidArgument,
      "Skipping a condition needs its outcome.",
      cause: "The node is a condition, and `outcome` is not given.",
      remedy: "Give TRUE or FALSE."),
    Entry(
      "outcome_not_applicable", .invalidArgument,
      "Only the skip of a condition has an outcome.",
      cause: "The node is no condition.",
      remedy: "Leave `outcome` out."),
    Entry(
      "nothing_to_update", .invalidArgument,
      "The call changes nothing.",
      cause: "No change of the environment is given.",
      remedy: "Give at least one variable to set or to unset."),
    Entry(
      "env_name_invalid", .invalidArgument,
      "A name of the environment is ill-formed or reserved.",
      cause: "It does not match `[A-Za-z_][A-Za-z0-9_]*`, is too long or begins with `BATON_`.",
      remedy: "Rename the variable."),
  ]

  /// INVALID_ARGUMENT of batch calls and their elements.
  static let batches: [Entry] = [
    Entry(
      "batch_too_large", .invalidArgument,
      "The batch is too large; nothing was answered.",
      cause: "It has more than 1,000 elements, or their limits add up to more than 5,000.",
      remedy: "Split the call, or use the one that streams."),
    Entry(
      "program_type_invalid", .invalidArgument,
      "The type of the program is missing or unknown.",
      cause: "A word is misspelt.",
      remedy: "Use one of the types that the sentence names."),
    Entry(
      "cursor_invalid", .invalidArgument,
      "The cursor is not one of this program and these filters.",
      cause: "It was altered, or the element differs from the one that gave it.",
      remedy: "Repeat the element as it was, with the cursor of the page before."),
    Entry(
      "member_unknown", .invalidArgument,
      "A member of the JSON element is unknown.",
      cause: "Its name is misspelt.",
      remedy: "Correct the name that the sentence gives."),
    Entry(
      "element_invalid", .invalidArgument,
      "The JSON element has the wrong form.",
      cause: "It is no object, repeats a member, or a member has the wrong type.",
      remedy: "Correct the element."),
  ]

  /// INVALID_ARGUMENT of schedules.
  static let schedules: [Entry] = [
    Entry(
      "schedule_invalid", .invalidArgument,
      "The schedule has problems; nothing was stored.",
      cause: "The sentence lists them, each with a reason of its own.",
      remedy: "Correct the schedule; a dry run checks it."),
    Entry(
      "update_mask_invalid", .invalidArgument,
      "The list of fields to replace is not acceptable.",
      cause: "It is empty, or names a field that cannot be changed.",
      remedy: "Name at least one field that can be replaced."),
    Entry(
      "not_a_workflow", .invalidArgument,
      "The program cannot be launched by a schedule.",
      cause: "Schedules launch workflows only.",
      remedy: "Name a workflow."),
    Entry(
      "not_a_trigger_run", .invalidArgument,
      "The run is not one that this schedule listens to.",
      cause: "Its program does not occur in the trigger.",
      remedy: "Name a run of a program of the trigger."),
  ]

  /// INVALID_ARGUMENT of receivers and keys.
  static let keys: [Entry] = [
    Entry(
      "receiver_invalid", .invalidArgument,
      "A setting of the receiver is not acceptable.",
      cause: "The sentence names it.",
      remedy: "Correct the setting."),
    Entry(
      "key_too_small", .invalidArgument,
      "The key is too weak.",
      cause: "An RSA key has fewer than 2,048 bits.",
      remedy: "Make a larger key, or one for ES256 or EdDSA."),
    Entry(
      "key_type_mismatch", .invalidArgument,
      "The key does not fit its algorithm.",
      cause: "An RSA key is given for ES256, for example.",
      remedy: "Name the algorithm of the key."),
    Entry(
      "key_unreadable", .invalidArgument,
      "The key cannot be read.",
      cause: "It is neither PEM nor JWK, is damaged, or of a kind that is not supported.",
      remedy: "Give a key as PEM or JWK."),
    Entry(
      "key_private", .invalidArgument,
      "A private key was given where a public one belongs; it was not stored.",
      cause: "The wrong file was sent.",
      remedy: "Send the public key, and replace the pair if others may have seen it."),
    Entry(
      "key_reuse", .invalidArgument,
      "The key serves another purpose already.",
      cause: "Keys of triggers, of reports and of access are kept apart.",
      remedy: "Make a key for each purpose."),
  ]
}
