extension ReasonList {
  /// FAILED_PRECONDITION of suspend, resume, stop and delete.
  static let control: [Entry] = [
    Entry(
      "run_not_started", .failedPrecondition,
      "The run has not started, or can never start its nodes.",
      cause: "It is PENDING or STARTING, or failed for want of an argument.",
      remedy: "Wait until it runs; start a new run if it failed."),
    Entry(
      "run_not_suspended", .failedPrecondition,
      "The run is not suspended.",
      cause: "Nothing is there to resume.",
      remedy: "Nothing needs to be done."),
    Entry(
      "run_already_suspended", .failedPrecondition,
      "The run is suspended already.",
      cause: "Another call or a node's `pause_before` suspended it.",
      remedy: "Nothing needs to be done."),
    Entry(
      "run_already_resuming", .failedPrecondition,
      "The run is resuming already.",
      cause: "Another call resumed it.",
      remedy: "Nothing needs to be done."),
    Entry(
      "run_stopping", .failedPrecondition,
      "The run, or one above it, is being stopped.",
      cause: "A call stopped it; its processes are being ended.",
      remedy: "Wait for its end, then re-run what is needed."),
    Entry(
      "run_ended", .failedPrecondition,
      "The run has ended.",
      cause: "Only an active run can be suspended or resumed.",
      remedy: "Re-run nodes to open the run again."),
    Entry(
      "run_active", .failedPrecondition,
      "A run is still active.",
      cause: "The call needs runs that have ended.",
      remedy: "Wait for its end, or stop it."),
  ]

  /// FAILED_PRECONDITION of re-runs and skips.
  static let refusedReruns: [Entry] = [
    Entry(
      "run_ending", .failedPrecondition,
      "The run is about to end.",
      cause: "Its nodes are being stopped after a failure, or its finish hook runs.",
      remedy: "Repeat the call when the run has ended."),
    Entry(
      "run_completed", .failedPrecondition,
      "The run is COMPLETED.",
      cause: "Re-running would open a run that succeeded.",
      remedy: "Give `allow_completed` if this is meant."),
    Entry(
      "run_rejected", .failedPrecondition,
      "The run was REJECTED and has never run.",
      cause: "The workflow had as many active runs as it may have.",
      remedy: "Start a new run."),
    Entry(
      "run_superseded", .failedPrecondition,
      "The child run is no longer the current one of the node above it.",
      cause: "The node of the parent was re-run, retried or skipped.",
      remedy: "Work on the newest child run."),
    Entry(
      "ancestor_completed", .failedPrecondition,
      "A run above this one is COMPLETED.",
      cause: "Re-running would open it again.",
      remedy: "Give `allow_completed` if this is meant."),
    Entry(
      "parent_suspended", .failedPrecondition,
      "A run above this one is suspended.",
      cause: "Nothing starts below a suspended run.",
      remedy: "Resume the run that the sentence names."),
    Entry(
      "active_runs_full", .failedPrecondition,
      "The workflow has as many active runs as it may have.",
      cause: "`max_active_runs` is reached, and the run would be opened again.",
      remedy: "Wait for an end or stop a run, then repeat the call."),
    Entry(
      "node_completed", .failedPrecondition,
      "The node is COMPLETED.",
      cause: "Re-running would repeat what succeeded.",
      remedy: "Give `allow_completed` if this is meant."),
    Entry(
      "node_skipped", .failedPrecondition,
      "An operator skipped the node.",
      cause: "It counts as if it had succeeded.",
      remedy: "Give `allow_completed` if this is meant."),
    Entry(
      "node_not_taken", .failedPrecondition,
      "The path of the node was not taken.",
      cause: "Its edges did not hold.",
      remedy: "Re-run what is upstream; the node settles by itself."),
    Entry(
      "node_upstream_failed", .failedPrecondition,
      "The node could not start because something upstream failed.",
      cause: "Nodes before it are FAILED or KILLED.",
      remedy: "Re-run the nodes that the sentence names."),
    Entry(
      "node_not_started", .failedPrecondition,
      "The node has not started yet.",
      cause: "It waits for its upstream or its turn.",
      remedy: "Wait for it."),
    Entry(
      "node_active", .failedPrecondition,
      "The node is waiting or running.",
      cause: "An attempt is under way, or will be.",
      remedy: "Wait for its end, or stop the run."),
    Entry(
      "node_ended", .failedPrecondition,
      "The node has ended and cannot be held.",
      cause: "It came to its end before the call.",
      remedy: "Hold a node that has not started."),
    Entry(
      "nothing_to_rerun", .failedPrecondition,
      "No node of the run has failed.",
      cause: "`all_failed` finds nothing.",
      remedy: "Name the nodes to re-run."),
    Entry(
      "downstream_active", .failedPrecondition,
      "A node downstream is active.",
      cause: "Re-running it too needs all of them at rest.",
      remedy: "Wait for the nodes that the sentence names."),
  ]

  /// FAILED_PRECONDITION of schedules, receivers and keys.
  static let conflicts: [Entry] = [
    Entry(
      "schedule_cycle", .failedPrecondition,
      "The schedules would trigger each other in a circle.",
      cause: "The sentence names the path.",
      remedy: "Change a trigger, or allow the circle with `allow_cycle`."),
    Entry(
      "schedule_state", .failedPrecondition,
      "The schedule is in this state already.",
      cause: "It was enabled or disabled before.",
      remedy: "Nothing needs to be done."),
    Entry(
      "program_has_listeners", .failedPrecondition,
      "Schedules of other applications listen to a program that would go.",
      cause: "The call asks to refuse in this case; the sentence names them.",
      remedy: "Change these schedules, or let them be rewritten or kept."),
    Entry(
      "constraint_unmet", .failedPrecondition,
      "A constraint of the schedule does not hold for this launch.",
      cause: "Another run started meanwhile; the Engine decides.",
      remedy: "The Scheduler keeps the job and tries again."),
    Entry(
      "receiver_insecure", .failedPrecondition,
      "The receiver would get a password in clear.",
      cause: "It has `basic`, and its address is `http` of another host.",
      remedy: "Use `https`, or allow it with `allow_plaintext_credentials`."),
    Entry(
      "receiver_has_deliveries", .failedPrecondition,
      "The receiver has deliveries that are not delivered.",
      cause: "The sentence has their numbers.",
      remedy: "Wait for them, or delete the receiver with `drop_deliveries`."),
    Entry(
      "key_in_use", .failedPrecondition,
      "The key is in use.",
      cause: "A receiver names it, or the version is the active one.",
      remedy: "Change the receiver, or rotate the key first."),
  ]
}
