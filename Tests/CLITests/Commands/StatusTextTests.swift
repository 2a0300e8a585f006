import BatonClient
import BatonWire
import Testing
import baton

@Suite struct StatusTextTests {
  private static let started: Int64 = 1_769_846_400_000

  private static func status(ready: Bool, free: Int64 = 3 << 30) -> ServerStatus {
    ServerStatus(
      Wire.GetStatusResponse(
        serverVersion: "1.2.3", schemaVersion: 4, started: started,
        services: ["baton.engine.v1.Engine"], ready: ready,
        notReadyReason: ready ? "" : "disk_full",
        store: Wire.StoreStatus(
          kind: "sqlite", databaseBytes: 1_572_864, freeBytes: free, runs: 30, eventNumber: 40,
          oldestEvent: 1, writable: ready,
          commits: Wire.CommitStatus(
            batches: 4, units: 10, largestBatch: 7, commitUs: 2000, longestCommitUs: 1500,
            waitingUs: 3000, longestWaitUs: 2345, busyUs: 4000, restarts: 1, failures: 2,
            depth: 3)),
        activeRuns: 5, runningAttempts: 6, connections: 7,
        warnings: [Wire.Problem(path: "", reason: "low_space", text: "little room")]))
  }

  @Test("R4 a server that cannot write says so") func notReady() {
    let lines = StatusText.lines(
      Self.status(ready: false, free: 512), TimeText(isUTC: true),
      now: Timestamp(milliseconds: Self.started + 90_000), on: Terminal())
    #expect(
      lines == [
        "state:        not ready: disk_full",
        "version:      1.2.3, schema 4",
        "started:      2026-01-31 08:00:00 UTC, 1m 30s ago",
        "services:     baton.engine.v1.Engine",
        "runs:         5 active, 6 attempts under way, 30 stored",
        "connections:  7",
        "store:        sqlite, 1.5 MiB, 512 B free, not writable",
        "events:       40, kept from 1",
        "commits:      4, 2.5 changes each, at most 7, 3 waiting now",
        "commit time:  0.5 ms, at most 1.5 ms; waited before it 0.3 ms, at most 2.35 ms",
        "warning:      low_space: little room",
      ])
  }

  @Test("a ready server says that, and how much room there is") func ready() {
    let lines = StatusText.lines(
      Self.status(ready: true), TimeText(isUTC: true),
      now: Timestamp(milliseconds: Self.started), on: Terminal())
    #expect(lines.first == "state:        ready")
    #expect(lines.contains("store:        sqlite, 1.5 MiB, 3.0 GiB free"))
  }

  @Test("the JSON has the words of the contract") func json() {
    #expect(
      StatusText.json(Self.status(ready: false, free: 512)).text
        == #"{"serverVersion":"1.2.3","schemaVersion":4,"#
        + #""started":"2026-01-31T08:00:00.000Z","#
        + #""services":["baton.engine.v1.Engine"],"ready":false,"notReadyReason":"disk_full","#
        + #""store":{"kind":"sqlite","databaseBytes":1572864,"freeBytes":512,"#
        + #""runs":30,"eventNumber":40,"#
        + #""oldestEvent":1,"writable":false,"commits":{"batches":4,"units":10,"largestBatch":7,"#
        + #""commitUs":2000,"longestCommitUs":1500,"waitingUs":3000,"longestWaitUs":2345,"#
        + #""busyUs":4000,"restarts":1,"failures":2,"depth":3}},"#
        + #""consumers":[],"compatNamespaces":[],"#
        + #""activeRuns":5,"runningAttempts":6,"connections":7,"#
        + #""warnings":[{"path":"","reason":"low_space","text":"little room"}]}"#)
  }

  @Test(
    "sizes in their greatest unit",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_575, "1023.9 KiB"),
      (1_048_576, "1.0 MiB"), (Int64.max, "7.9 EiB"),
    ])
  func bytes(number: Int64, text: String) {
    #expect(ByteText.text(number) == text)
  }
}
