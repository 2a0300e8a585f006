internal import ArgumentParser
internal import BatonClient
internal import Glibc

/// Parses the command line, runs the command, and maps every outcome to an exit code.
@main
struct Main {
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    let arguments = CommandArguments.normalized(Array(CommandLine.arguments.dropFirst()))
    exit(await run(arguments).rawValue)
  }

  static func run(_ arguments: [String]) async -> ExitStatus {
    let console = Console.ofProcess()
    var command: any ParsableCommand
    do {
      command = try BatonCommand.parseAsRoot(arguments)
    } catch {
      return report(parsing: error, arguments.contains("--json"), console)
    }
    let wantsJSON = (command as? any ServerCommand)?.global.json ?? false
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return .done
    } catch let end as CommandEnd {
      return end.status
    } catch let error as UsageError {
      return usage("\(error)", hint: nil, wantsJSON, console)
    } catch let error as BatonError {
      report(error, wantsJSON, console)
      return ExitStatus(error.code)
    } catch is CancellationError {
      report(BatonError(.cancelled, "cancelled", "the call was cancelled"), wantsJSON, console)
      return .other
    } catch {
      if BatonCommand.exitCode(for: error).isSuccess || error is ValidationError {
        return report(parsing: error, wantsJSON, console)
      }
      report(BatonError(.internal, "internal", "\(error)"), wantsJSON, console)
      return .other
    }
  }

  private static func report(_ error: BatonError, _ wantsJSON: Bool, _ console: Console) {
    let report = ErrorReport(error)
    if wantsJSON { console.json(report.json) }
    for line in report.lines { console.note(line) }
  }

  /// Help goes to standard output and is a success; everything else is wrong usage.
  private static func report(
    parsing error: any Error, _ wantsJSON: Bool, _ console: Console
  ) -> ExitStatus {
    let text = BatonCommand.fullMessage(for: error)
    if BatonCommand.exitCode(for: error).isSuccess {
      console.line(text)
      return .done
    }
    // The parser's message is followed by help, the usage and where to read more.
    let lines = text.split(separator: "\n").map(String.init)
    let first = lines.first ?? ""
    let sentence = first.hasPrefix("Error: ") ? String(first.dropFirst("Error: ".count)) : first
    if let form = ArgumentForm.hint(for: sentence) {
      return usage(sentence, hint: form, wantsJSON, console)
    }
    let more = lines.last { $0.contains("--help'") }?.split(separator: "'").dropFirst().first
    return usage(sentence, hint: more.map { "`\($0)` says what it takes" }, wantsJSON, console)
  }

  /// Reports wrong usage in the form of every other error (C11).
  private static func usage(
    _ sentence: String, hint: String?, _ wantsJSON: Bool, _ console: Console
  ) -> ExitStatus {
    report(BatonError(.invalidArgument, "usage", sentence, hint: hint), wantsJSON, console)
    return .usage
  }
}
