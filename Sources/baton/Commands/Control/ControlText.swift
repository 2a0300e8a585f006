internal import BatonClient

/// What the commands that move a run print.
enum ControlText {
  /// The run with its status then.
  static func show(_ run: Run, _ status: RunStatus, _ session: Session) {
    if session.json {
      var object = JSONObject()
      object.add("runId", run.id)
      object.add("status", status.rawValue)
      session.console.json(object.value)
      return
    }
    let styled = Style.status(status.rawValue)
      .apply(status.rawValue, on: session.console.output)
    session.console.line("run \(TextWidth.printable(run.id)) \(styled)")
  }
}
