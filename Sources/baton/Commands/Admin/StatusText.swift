package import BatonClient

/// The state of a server as lines and as JSON.
package enum StatusText {
  /// A line for each thing worth knowing.
  package static func lines(
    _ status: ServerStatus, _ times: TimeText, now: Timestamp, on terminal: Terminal
  ) -> [String] {
    let ready =
      status.isReady
      ? Style.good.apply("ready", on: terminal)
      : Style.bad.apply("not ready", on: terminal)
        + (status.notReadyReason.map { ": \($0)" } ?? "")
    let up = Duration.milliseconds(max(0, now.milliseconds - status.started.milliseconds))
    var rows: [(String, String)] = [
      ("state", ready),
      ("version", "\(status.serverVersion), schema \(status.schemaVersion)"),
      ("started", "\(times.text(status.started)), \(TimeText.duration(up)) ago"),
      ("services", status.services.joined(separator: ", ")),
      ("runs", runs(status)),
      ("connections", String(status.connections)),
    ]
    if let store = status.store {
      let sizes = "\(ByteText.text(store.databaseBytes)), \(ByteText.text(store.freeBytes)) free"
      let writable = store.isWritable ? "" : ", " + Style.bad.apply("not writable", on: terminal)
      rows += [
        ("store", "\(store.kind), \(sizes)\(writable)"),
        ("events", "\(store.eventNumber), kept from \(store.oldestEvent)"),
      ]
      if let commits = store.commits { rows += lines(commits) }
    }
    for consumer in status.consumers {
      rows.append(("consumer", "\(consumer.name), \(consumer.behind) events behind"))
    }
    if !status.compatNamespaces.isEmpty {
      rows.append(("compat in", status.compatNamespaces.joined(separator: ", ")))
    }
    for warning in status.warnings {
      rows.append(("warning", TextWidth.printable("\(warning.reason): \(warning.text)")))
    }
    return rows.map { title, text in
      "\(title):" + String(repeating: " ", count: max(1, 13 - title.count)) + text
    }
  }

  /// What the commit queue has done, on the average and at worst.
  private static func lines(_ commits: ServerStatus.Commits) -> [(String, String)] {
    guard commits.batches > 0, commits.units > 0 else { return [] }
    let size = Double(commits.units) / Double(commits.batches)
    let rounded = (size * 10).rounded() / 10
    return [
      (
        "commits",
        "\(commits.batches), \(rounded) changes each, at most \(commits.largestBatch), "
          + "\(commits.depth) waiting now"
      ),
      (
        "commit time",
        "\(short(commits.commitTime / Int(clamping: commits.batches))), "
          + "at most \(short(commits.longestCommit)); "
          + "waited before it \(short(commits.waitingTime / Int(clamping: commits.units))), "
          + "at most \(short(commits.longestWait))"
      ),
    ]
  }

  /// A short time in milliseconds, to the hundredth.
  private static func short(_ time: Duration) -> String {
    "\(((time / .microseconds(10)).rounded() / 100)) ms"
  }

  private static func runs(_ status: ServerStatus) -> String {
    let stored = status.store.map { ", \($0.runs) stored" } ?? ""
    return "\(status.activeRuns) active, \(status.runningAttempts) attempts under way\(stored)"
  }

  /// The state as JSON, in the words of the contract.
  package static func json(_ status: ServerStatus) -> JSONValue {
    var object = JSONObject()
    object.add("serverVersion", status.serverVersion)
    object.add("schemaVersion", status.schemaVersion)
    object.add("timeZoneVersion", status.timeZoneVersion)
    object.add("started", status.started.rfc3339)
    object.add("services", .array(status.services.map { .string($0) }))
    object.add("ready", .bool(status.isReady))
    object.add("notReadyReason", status.notReadyReason)
    if let store = status.store { object.add("store", json(store)) }
    object.add("consumers", .array(status.consumers.map(json)))
    object.add("compatNamespaces", .array(status.compatNamespaces.map { .string($0) }))
    object.add("activeRuns", status.activeRuns)
    object.add("runningAttempts", status.runningAttempts)
    object.add("connections", status.connections)
    object.add("warnings", .array(status.warnings.map(RunJSON.problem)))
    return object.value
  }

  private static func json(_ store: ServerStatus.Store) -> JSONValue {
    var object = JSONObject()
    object.add("kind", store.kind)
    object.add("databaseBytes", store.databaseBytes)
    object.add("freeBytes", store.freeBytes)
    object.add("runs", store.runs)
    object.add("eventNumber", store.eventNumber)
    object.add("oldestEvent", store.oldestEvent)
    object.add("writable", .bool(store.isWritable))
    if let commits = store.commits { object.add("commits", json(commits)) }
    return object.value
  }

  private static func json(_ commits: ServerStatus.Commits) -> JSONValue {
    let microseconds: (Duration) -> UInt64 = { UInt64($0 / .microseconds(1)) }
    var object = JSONObject()
    object.add("batches", commits.batches)
    object.add("units", commits.units)
    object.add("largestBatch", commits.largestBatch)
    object.add("commitUs", microseconds(commits.commitTime))
    object.add("longestCommitUs", microseconds(commits.longestCommit))
    object.add("waitingUs", microseconds(commits.waitingTime))
    object.add("longestWaitUs", microseconds(commits.longestWait))
    object.add("busyUs", microseconds(commits.busyTime))
    object.add("restarts", commits.restarts)
    object.add("failures", commits.failures)
    object.add("depth", commits.depth)
    return object.value
  }

  private static func json(_ consumer: ServerStatus.Consumer) -> JSONValue {
    var object = JSONObject()
    object.add("name", consumer.name)
    object.add("offset", consumer.offset)
    object.add("behind", consumer.behind)
    object.add("seen", consumer.seen?.rfc3339)
    return object.value
  }
}
