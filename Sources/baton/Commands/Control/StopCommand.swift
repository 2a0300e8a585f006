internal import ArgumentParser
internal import BatonClient

/// The command `baton stop`.
struct StopCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Stop a run, wait until nothing of it is left and say what was ended.",
    discussion: """
      --timeout is the time that the stop may take: else twice the longest grace and 10 s. When \
      it is over, the command exits 5, the run stays STOPPING and killing goes on: the same \
      command again joins it. With --force the run becomes KILLED then, what survives is named, \
      and the exit code is 1.
      Example: baton stop campaign/PurchaseWorkflow@latest --grace 5s --reason "wrong input"
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @Option(
    help: ArgumentHelp(
      "The time between TERM and KILL, up to 1h; else each node's own.", valueName: "duration"))
  var grace: DurationArgument?

  @Flag(help: "Succeed when there is no such run.")
  var missingOk = false

  @Flag(help: "Give up waiting when the time is over: the run is KILLED whatever survives.")
  var force = false

  @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
  var reason = ""

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let options = StopOptions(
      grace: grace?.duration, timeout: global.timeout?.duration, isMissingAllowed: missingOk,
      isForced: force, reason: reason)
    // --timeout is that of the stop; finding the run has its usual time.
    var others = global
    others.timeout = nil
    try await Session.run(others) { session in
      let (name, answer) = try await stop(options, session.client)
      if session.json {
        session.console.json(StopText.json(name, answer))
      } else {
        session.console.lines(StopText.lines(name, answer, on: session.console.output))
      }
      if answer.outcome == .forced { throw CommandEnd(status: .failed) }
    }
  }

  private func stop(
    _ options: StopOptions, _ client: BatonClient
  ) async throws -> (name: String, StopAnswer) {
    do {
      let run = try await runName.find(client)
      // An id that a trigger brought stands for Baton's own, which is what is printed.
      let id = runName.isBrought ? try await run.record().id : run.id
      return (id, try await run.stop(options))
    } catch let error as BatonError where error.reason == "run_not_found" && missingOk {
      // A name that stands for no run, such as the beginning of an id, never reached the server.
      return ("", StopAnswer(outcome: .notFound))
    }
  }
}
