internal import ArgumentParser
internal import BatonClient

/// What `baton bench` does.
enum BenchWorkload: String, ExpressibleByArgument, CaseIterable {
  case ping
  case getToken = "get-token"
  case putToken = "put-token"
  case trigger
  case chain
  case fan
  case process
  case worker
  case stop
  case batchRuns = "batch-runs"
  case history
  case active
  case limits
}

/// The command `baton bench`.
struct BenchCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Load a server and measure it, or measure the machine's own limits.",
    discussion: """
      ping, get-token, put-token, trigger, batch-runs: calls. chain: runs of no-op nodes in \
      sequence; fan: in parallel; process: nodes that execute /bin/true, in sequence and in \
      parallel; worker: the same with nodes that a worker within this command executes. stop: \
      stops runs with 50 daemons that ignore TERM, one after the other; the times are those \
      beyond the grace. history: stores --stored ended runs, over the programs of batch-runs. \
      active: leaves --stored runs that wait for an hour. limits: what loopback, disk, SQLite and \
      process starts give without Baton.
      A closed loop by default: a call follows the answer to the one before. With --rate calls \
      start at fixed times and are measured from there.
      """)

  @Argument(
    help: ArgumentHelp(
      "ping, get-token, put-token, trigger, chain, fan, process, worker, stop, batch-runs, "
        + "history, active or limits."))
  var workload: BenchWorkload

  @OptionGroup var shape: BenchShape
  @OptionGroup var global: GlobalOptions

  @Option(help: ArgumentHelp("limits: the directory to write in.", valueName: "dir"))
  var data = "."

  @Flag(help: .hidden)
  var inside = false

  func validate() throws {
    guard shape.connections > 0, shape.inFlight > 0, shape.seconds > 0, shape.nodes > 0,
      shape.stored > 0
    else {
      throw ValidationError("numbers must be greater than 0")
    }
    guard shape.inFlight <= shape.connections * 256 else {
      throw ValidationError("a connection takes 256 calls at a time; use more --connections")
    }
    guard shape.rate ?? 1 > 0 else { throw ValidationError("--rate must be greater than 0") }
  }

  func run() async throws {
    let console = Console.ofProcess()
    if workload == .limits {
      let report = try MachineLimits.measure(directory: data, seconds: shape.seconds)
      if global.json { console.json(report.json) } else { console.lines(report.lines) }
      return
    }
    let report = try await measure()
    // The attempt's own output goes back to the command that deployed it.
    if inside { return }
    if global.json { console.json(report.json) } else { console.lines(report.lines) }
  }

  private func measure() async throws -> BenchReport {
    if inside { return try await PutTokenBench.runInside(shape) }
    let target = try BenchTarget(
      address: global.chosenAddress, options: global.clientOptions(), shape: shape)
    switch workload {
    case .ping: return try await CallBench.ping(target)
    case .getToken: return try await CallBench.getToken(target)
    case .trigger: return try await CallBench.trigger(target)
    case .batchRuns: return try await CallBench.batchRuns(target)
    case .putToken: return try await PutTokenBench.run(target)
    case .chain: return try await RunBench.chain(target)
    case .fan: return try await RunBench.fan(target)
    case .process: return try await RunBench.process(target)
    case .worker: return try await WorkerBench.run(target)
    case .stop: return try await StopBench.run(target)
    case .history: return try await HistoryBench.ended(target)
    case .active: return try await HistoryBench.active(target)
    case .limits: throw UsageError("limits measures no server")
    }
  }
}

/// How hard and how long.
struct BenchShape: ParsableArguments {
  @Option(help: ArgumentHelp("Connections, each with an event loop.", valueName: "n"))
  var connections = 1

  @Option(help: ArgumentHelp("Calls or runs at a time, over all connections.", valueName: "n"))
  var inFlight = 1

  @Option(help: ArgumentHelp("Calls per second, started at fixed times.", valueName: "r"))
  var rate: Double?

  @Option(help: ArgumentHelp("How long.", valueName: "s"))
  var seconds = 5.0

  @Option(help: ArgumentHelp("chain, fan, process, worker: nodes of a run.", valueName: "n"))
  var nodes = 40

  @Option(help: ArgumentHelp("batch-runs: programs asked for, at most 100.", valueName: "n"))
  var programs = 100

  @Option(help: ArgumentHelp("batch-runs: runs of each.", valueName: "n"))
  var runs = 10

  @Option(help: ArgumentHelp("history, active: runs to make.", valueName: "n"))
  var stored = 10_000

  @Option(
    help: ArgumentHelp("The server's process, where it is not found by itself.", valueName: "pid"))
  var serverPID: Int32?
}
