internal import BatonCore

extension Packer {
  mutating func flag(_ value: Bool) { number(value ? 1 : 0) }

  mutating func run(_ value: RunID) {
    number(Int(bitPattern: UInt(value.high)))
    number(Int(bitPattern: UInt(value.low)))
  }

  fileprivate mutating func call(_ call: RerunCall) {
    text(call.principal)
    number(Int(call.time.milliseconds))
    text(call.requestID)
    text(call.note)
    flag(call.rerunsDownstream)
  }
}

extension Unpacker {
  mutating func flag() throws -> Bool { try number() != 0 }

  mutating func time() throws -> Timestamp { Timestamp(milliseconds: Int64(try number())) }

  mutating func run() throws -> RunID {
    RunID(
      high: UInt64(UInt(bitPattern: try number())), low: UInt64(UInt(bitPattern: try number())))
  }

  fileprivate mutating func call() throws -> RerunCall {
    RerunCall(
      principal: try text(), time: try time(), requestID: try text(), note: try text(),
      rerunsDownstream: try flag())
  }
}

extension RunState {
  /// The ends that a run has which ended once, or never.
  private var plainEnds: [RunEnd] {
    guard !status.isActive, let ended else { return [] }
    return [RunEnd(number: 1, status: status, time: ended)]
  }

  /// The ends, and the failures of before the newest of them; nil: they are what status and end
  /// tell.
  var packedEnds: [UInt8]? {
    if ends == plainEnds, olderFailures == 0 { return nil }
    var packer = Packer()
    packer.number(olderFailures)
    packer.number(ends.count)
    for end in ends {
      packer.number(end.number)
      packer.number(Int(end.status.rawValue))
      packer.number(Int(end.time.milliseconds))
    }
    return packer.bytes
  }

  /// Takes the ends; status and end are there already.
  mutating func unpackEnds(_ bytes: [UInt8]?) throws {
    guard let bytes else {
      ends = plainEnds
      return
    }
    var unpacker = Unpacker(bytes)
    olderFailures = try unpacker.number()
    for _ in 0..<max(0, try unpacker.number()) {
      ends.append(
        RunEnd(
          number: try unpacker.number(), status: try unpacker.value(), time: try unpacker.time()))
    }
  }
}

extension NodeRecord {
  /// The chain of a node that was never re-run, but for when it began.
  private var plainChain: NodeChain {
    var plain = NodeChain()
    plain.first = min(attempts, 1)
    return plain
  }

  /// The chain but for when it began, and what else most nodes do not have; nil: nothing of it.
  var packedChain: [UInt8]? {
    var chain = chain
    chain.began = nil
    if chain == plainChain, outcomeToCome == nil, !isHeld, !isObsolete { return nil }
    var packer = Packer()
    packer.number(Int(chain.cause.rawValue))
    packer.number(chain.first)
    packer.flag(chain.keepsFinished)
    packer.flag(chain.pauseIsOver)
    packer.flag(isHeld)
    packer.flag(isObsolete)
    packer.flag(chain.call != nil)
    if let call = chain.call { packer.call(call) }
    packer.flag(outcomeToCome != nil)
    if let ending = outcomeToCome {
      packer.number(Int(ending.status.rawValue))
      packer.optional(ending.reason)
      packer.number(ending.outcome.map { $0 ? 1 : 0 } ?? 2)
    }
    packer.flag(chain.policy != nil)
    if let policy = chain.policy { packer.policy(policy) }
    return packer.bytes
  }

  /// Takes the chain; the number of attempts is there already.
  mutating func unpackChain(_ bytes: [UInt8]?) throws {
    guard let bytes else {
      chain = plainChain
      return
    }
    var unpacker = Unpacker(bytes)
    chain.cause = try unpacker.value()
    chain.first = try unpacker.number()
    chain.keepsFinished = try unpacker.flag()
    chain.pauseIsOver = try unpacker.flag()
    isHeld = try unpacker.flag()
    isObsolete = try unpacker.flag()
    if try unpacker.flag() { chain.call = try unpacker.call() }
    if try unpacker.flag() {
      var ending = NodeEnding(status: try unpacker.value(), reason: try unpacker.optional())
      switch try unpacker.number() {
      case 0: ending.outcome = false
      case 1: ending.outcome = true
      default: break
      }
      outcomeToCome = ending
    }
    if try unpacker.flag() { chain.policy = try unpacker.policy() }
  }
}

extension AttemptRecord {
  /// What few attempts have; nil: this one has nothing of it.
  var packedDetails: [UInt8]? {
    if call == nil, !isPredecessorUnproven, child == nil, exportMissing.isEmpty, lease == nil,
      lateTotal == 0, late.isEmpty
    {
      return nil
    }
    var packer = Packer()
    packer.flag(isPredecessorUnproven)
    packer.flag(call != nil)
    if let call { packer.call(call) }
    packer.flag(child != nil)
    if let child { packer.run(child) }
    packer.texts(exportMissing)
    packer.flag(lease != nil)
    if let lease {
      packer.text(lease.id)
      packer.text(lease.worker)
      packer.number(lease.progress)
      packer.text(lease.note)
    }
    packer.number(lateTotal)
    packer.number(late.count)
    for report in late {
      packer.number(Int(report.time.milliseconds))
      packer.text(report.sender)
      packer.number(Int(report.outcome.rawValue))
      packer.flag(report.exitCode != nil)
      if let code = report.exitCode { packer.number(code) }
    }
    return packer.bytes
  }

  mutating func unpackDetails(_ bytes: [UInt8]) throws {
    var unpacker = Unpacker(bytes)
    isPredecessorUnproven = try unpacker.flag()
    if try unpacker.flag() { call = try unpacker.call() }
    if try unpacker.flag() { child = try unpacker.run() }
    exportMissing = try unpacker.texts()
    if try unpacker.flag() {
      lease = WorkerLease(
        id: try unpacker.text(), worker: try unpacker.text(), progress: try unpacker.number(),
        note: try unpacker.text())
    }
    lateTotal = try unpacker.number()
    for _ in 0..<max(0, try unpacker.number()) {
      var report = LateReport(
        time: try unpacker.time(), sender: try unpacker.text(), outcome: try unpacker.value())
      if try unpacker.flag() { report.exitCode = try unpacker.number() }
      late.append(report)
    }
  }
}

extension [EnvEdit] {
  var packed: [UInt8] {
    var packer = Packer()
    packer.number(count)
    for edit in self {
      packer.text(edit.name)
      packer.optional(edit.old)
      packer.optional(edit.new)
      packer.flag(edit.isSecret)
    }
    return packer.bytes
  }

  init(packed: [UInt8]) throws {
    self.init()
    var unpacker = Unpacker(packed)
    for _ in 0..<Swift.max(0, try unpacker.number()) {
      append(
        EnvEdit(
          name: try unpacker.text(), old: try unpacker.optional(), new: try unpacker.optional(),
          isSecret: try unpacker.flag()))
    }
  }
}
