extension OutcomeReason {
  /// FAILED attempts, items and nodes that `retry` may repeat.
  static let failures: [OutcomeReason] = [
    OutcomeReason(
      "exit_nonzero", .failed, retry: .exit,
      "The program ended with an exit code other than 0.",
      remedy: "Look at its output: `baton logs RUN NODE`."),
    OutcomeReason(
      "signaled", .failed, retry: .signal,
      "A signal ended the program.",
      remedy: "Look at its output and the log of the host."),
    OutcomeReason(
      "node_timeout", .failed, retry: .timeout,
      "The attempt, or all attempts of the node, took too long.",
      remedy: "Raise `timeout` or `node_timeout`, or make the program faster."),
    OutcomeReason(
      "exec_failed", .failed, retry: .exec,
      "The program could not be started.",
      remedy: "Check `argv`, PATH and permissions on the host of the engine."),
    OutcomeReason(
      "shim_lost", .failed, retry: .lost,
      "The process that watched the program is gone without an outcome.",
      remedy: "Re-run the node; `safe_rerun` does so by itself."),
    OutcomeReason(
      "worker_lost", .failed, retry: .lost,
      "The worker did not renew its lease in time.",
      remedy: "Check the worker; `safe_rerun` re-runs by itself."),
    OutcomeReason(
      "fail_on", .failed, retry: .failOn,
      "The program ended with 0, but `fail_on` holds.",
      remedy: "Look at what the node put."),
    OutcomeReason(
      "child_failed", .failed, retry: .child,
      "The child run ended FAILED or REJECTED.",
      remedy: "Re-run the failed nodes of the child run."),
    OutcomeReason(
      "worker_failed", .failed, retry: .other,
      "The worker reported a failure without an exit code.",
      remedy: "Look at the message of the attempt."),
    OutcomeReason(
      "limit_exceeded", .failed, retry: .other,
      "The program took more CPU time, memory or output than `limits` allows.",
      remedy: "Raise the limit that the message names."),
    OutcomeReason(
      "token_file_invalid", .failed, retry: .other,
      "The file of `BATON_TOKEN_FILE` is not well-formed; nothing of it was put.",
      remedy: "Correct the line that the message names."),
    OutcomeReason(
      "token_value_too_large", .failed, retry: .other,
      "A value that the attempt put is too large.",
      remedy: "Put a reference instead of the data."),
    OutcomeReason(
      "token_full", .failed, retry: .other,
      "What the attempt put does not fit the token.",
      remedy: "Put less, or raise `token_max_bytes`."),
    OutcomeReason(
      "token_history_full", .failed, retry: .other,
      "The history of the token is full.",
      remedy: "Put less often."),
    OutcomeReason(
      "publish_failed", .failed, retry: .other,
      "What `publish` of the node says could not be put.",
      remedy: "Look at the message: a template or a limit."),
    OutcomeReason(
      "items_failed", .failed, retry: .other,
      "Items of `for_each` did not complete.",
      remedy: "Re-run the node; only these items run again."),
    OutcomeReason(
      "for_each_invalid", .failed, retry: .other,
      "`items` is no JSON array of at most 10,000 elements.",
      remedy: "Correct what gives the list."),
    OutcomeReason(
      "child_depth", .failed, retry: .other,
      "Child runs are nested too deep.",
      remedy: "Look for a workflow that starts itself."),
  ]

  /// FAILED attempts and nodes that are never retried.
  static let defects: [OutcomeReason] = [
    OutcomeReason(
      "template_unresolved", .failed,
      "A template refers to something that has no value.",
      remedy: "Give a default, or put the value upstream."),
    OutcomeReason(
      "secret_missing", .failed,
      "A secret that the node uses does not exist.",
      remedy: "Set it: `baton secret set NAME`."),
    OutcomeReason(
      "secret_in_argv", .failed,
      "A secret would stand in the command line, where others can read it.",
      remedy: "Pass it in the environment."),
    OutcomeReason(
      "policy_invalid", .failed,
      "A policy of the node has no legal value or an expression without result.",
      remedy: "Correct the template or expression."),
    OutcomeReason(
      "condition_error", .failed,
      "The condition could not be evaluated.",
      remedy: "Correct the expression; the message says where."),
    OutcomeReason(
      "condition_null", .failed,
      "The condition is neither true nor false.",
      remedy: "Give missing values a default with `coalesce`."),
    OutcomeReason(
      "condition_limit", .failed,
      "The condition takes too many steps or too much text.",
      remedy: "Simplify the expression."),
    OutcomeReason(
      "not_started", .failed,
      "The engine ended before the program began.",
      remedy: "Nothing: an attempt of cause RECOVERY follows."),
  ]

  /// KILLED attempts, items and nodes.
  static let kills: [OutcomeReason] = [
    OutcomeReason(
      "sibling_failed", .killed,
      "Another node failed, and the workflow stops the others then.",
      remedy: "Re-run the run with `all_failed`."),
    OutcomeReason(
      "run_stopped", .killed,
      "The run was stopped.",
      remedy: "Re-run the run with `all_failed`."),
    OutcomeReason(
      "child_killed", .killed,
      "The child run was killed.",
      remedy: "Re-run the node."),
  ]

  /// SKIPPED nodes.
  static let skips: [OutcomeReason] = [
    OutcomeReason(
      "no_edge_satisfied", .skipped,
      "The path of the node was not taken.",
      remedy: "Nothing."),
    OutcomeReason(
      "run_failed", .skipped,
      "The run failed before the node could start.",
      remedy: "Re-run the run with `all_failed`."),
    OutcomeReason(
      "run_stopped", .skipped,
      "The run was stopped before the node could start.",
      remedy: "Re-run the run with `all_failed`."),
    OutcomeReason(
      "operator_skip", .skipped,
      "An operator skipped the node; it counts as if it had succeeded.",
      remedy: "Nothing."),
    OutcomeReason(
      "handler_obsolete", .skipped,
      "The failure that the node handles was mended by a re-run.",
      remedy: "Nothing."),
  ]

  /// FAILED runs, beside the reason of the node that failed first.
  static let runs: [OutcomeReason] = [
    OutcomeReason(
      "argument_missing", .failed,
      "A scheduled run lacks a required argument.",
      remedy: "Correct the mapping or the properties of the schedule."),
    OutcomeReason(
      "mapping_source_missing", .failed,
      "A required item of the mapping has no value.",
      remedy: "Correct the mapping, or what the triggering run gives."),
    OutcomeReason(
      "mapping_too_large", .failed,
      "A mapped value is over its limit.",
      remedy: "Map less."),
    OutcomeReason(
      "output_missing", .failed,
      "A required output of the workflow has no value.",
      remedy: "Correct the node that puts it."),
  ]

  /// REJECTED runs.
  static let rejections: [OutcomeReason] = [
    OutcomeReason(
      "active_runs_full", .rejected,
      "The workflow has as many active runs as it may have.",
      remedy: "Wait for an end, or raise `max_active_runs`.")
  ]
}
