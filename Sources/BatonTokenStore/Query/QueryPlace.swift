internal import BatonCore
internal import BatonStore
internal import BatonWire

/// How far a query has been answered.
struct QueryPlace {
  /// How many runs the query examines in all.
  let examined: Int
  /// The oldest run that the query examines; nil: there is none.
  let oldest: RunCursor?
  /// How many of them were given as a whole.
  private(set) var done = 0
  /// The run given last; nil: none yet.
  private(set) var cursor: RunCursor?
  /// The place of the last entry given of that run, when there are more; nil: it was given whole.
  private(set) var entry: Int64?

  init(examined: Int, oldest: RunCursor?) {
    self.examined = examined
    self.oldest = oldest
  }

  /// The place that a page token stands for.
  init(_ token: PageToken) {
    examined = Int(clamping: token.asOf)
    done = Int(token.attempt)
    let ids = token.key.split(separator: "/").compactMap { RunID(String($0)) }
    cursor = ids.first.map {
      RunCursor(created: Timestamp(milliseconds: token.usedBytes), id: $0)
    }
    oldest = ids.dropFirst().first.map {
      RunCursor(created: Timestamp(milliseconds: Int64(bitPattern: token.seq)), id: $0)
    }
    entry = token.place == .max ? nil : token.place
  }

  /// The place as a page token.
  var token: PageToken {
    PageToken(
      asOf: UInt64(examined), attempt: UInt32(clamping: done),
      usedBytes: cursor?.created.milliseconds ?? 0,
      seq: UInt64(bitPattern: oldest?.created.milliseconds ?? 0), place: entry ?? .max,
      key: [cursor, oldest].compactMap { $0?.id.description }.joined(separator: "/"))
  }

  /// What of a run fits on the page; nil: nothing.
  mutating func show(
    _ run: Examined, _ entries: [PlacedEntry], _ bound: inout PageBound
  ) -> (run: Wire.TokenQueryRun, isWhole: Bool)? {
    guard bound.admits(bytes: 96) else { return nil }
    var shown = Wire.TokenQueryRun(
      runID: run.id.description, version: UInt32(clamping: run.version),
      status: Wire.RunStatus(rawValue: Int32(run.status.rawValue)),
      created: run.created.milliseconds)
    let after = run.id == cursor?.id ? entry : nil
    var last = after ?? -2
    for candidate in entries where candidate.place > last {
      guard bound.admits(bytes: PageBound.bytes(of: candidate.entry.put), isElement: false) else {
        if shown.entries.isEmpty, after == nil { return nil }
        cursor = RunCursor(created: run.created, id: run.id)
        entry = last
        return (shown, false)
      }
      last = candidate.place
      shown.entries.append(Wire.TokenEntry(candidate.entry))
    }
    cursor = RunCursor(created: run.created, id: run.id)
    entry = nil
    done += 1
    return (shown, true)
  }
}
