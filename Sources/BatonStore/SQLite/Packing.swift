internal import BatonCore

/// Writes lists of texts and numbers as one blob: lengths and numbers as base-128 varints.
struct Packer {
  private(set) var bytes: [UInt8] = []

  mutating func number(_ value: Int) {
    var rest = UInt64(bitPattern: Int64(value))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func text(_ value: String) {
    number(value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }

  mutating func optional(_ value: String?) {
    number(value == nil ? 0 : 1)
    if let value { text(value) }
  }

  mutating func texts(_ values: [String]) {
    number(values.count)
    for value in values { text(value) }
  }

  mutating func map(_ values: [String: String]) {
    number(values.count)
    for (key, value) in values {
      text(key)
      text(value)
    }
  }
}

/// Reads what a ``Packer`` wrote.
///
/// Every read throws `StoreError.unreadable` when the blob ends too early.
struct Unpacker {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  mutating func number() throws -> Int {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst(), shift < 64 {
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return Int(truncatingIfNeeded: value) }
      shift += 7
    }
    throw StoreError.unreadable("a packed column is cut off")
  }

  mutating func text() throws -> String {
    let count = try number()
    guard count >= 0, count <= rest.count else {
      throw StoreError.unreadable("a packed column is cut off")
    }
    defer { rest.removeFirst(count) }
    return String(decoding: rest.prefix(count), as: UTF8.self)
  }

  /// An enum packed by its raw value.
  mutating func value<Value: RawRepresentable<UInt8>>() throws -> Value {
    let number = try number()
    guard let raw = UInt8(exactly: number), let value = Value(rawValue: raw) else {
      throw StoreError.unreadable("\(number) is no \(Value.self)")
    }
    return value
  }

  mutating func optional() throws -> String? { try number() == 0 ? nil : try text() }

  mutating func texts() throws -> [String] {
    let count = try number()
    guard count >= 0, count <= rest.count else {
      throw StoreError.unreadable("a packed column is cut off")
    }
    var values: [String] = []
    for _ in 0..<count { values.append(try text()) }
    return values
  }

  mutating func map() throws -> [String: String] {
    let count = try number()
    guard count >= 0, count <= rest.count else {
      throw StoreError.unreadable("a packed column is cut off")
    }
    var values: [String: String] = [:]
    for _ in 0..<count {
      let key = try text()
      values[key] = try text()
    }
    return values
  }
}

extension RunHeader {
  /// Arguments, environment and conf; nil when all are empty.
  var packedDetails: [UInt8]? {
    if arguments.isEmpty, env.isEmpty, conf == nil { return nil }
    var packer = Packer()
    packer.map(arguments)
    packer.map(env)
    packer.optional(conf)
    return packer.bytes
  }

  mutating func unpackDetails(_ bytes: [UInt8]) throws {
    var unpacker = Unpacker(bytes)
    arguments = try unpacker.map()
    env = try unpacker.map()
    conf = try unpacker.optional()
  }
}

extension RunState {
  /// The failures; nil when there are none.
  var packedFailures: [UInt8]? {
    if failures.isEmpty { return nil }
    var packer = Packer()
    packer.number(failures.count)
    for failure in failures {
      packer.text(failure.node)
      packer.number(failure.attempt)
      packer.text(failure.reason)
      packer.text(failure.message)
    }
    return packer.bytes
  }

  mutating func unpackFailures(_ bytes: [UInt8]) throws {
    var unpacker = Unpacker(bytes)
    for _ in 0..<max(0, try unpacker.number()) {
      failures.append(
        RunFailure(
          node: try unpacker.text(), attempt: try unpacker.number(),
          reason: try unpacker.text(), message: try unpacker.text()))
    }
  }
}

extension AttemptInputs {
  var packed: [UInt8] {
    var packer = Packer()
    packer.texts(argv)
    packer.map(properties)
    packer.map(env)
    return packer.bytes
  }

  init(packed: [UInt8]) throws {
    var unpacker = Unpacker(packed)
    self.init(
      argv: try unpacker.texts(), properties: try unpacker.map(), env: try unpacker.map())
  }
}

extension [String] {
  /// The texts; nil: there are none.
  var packed: [UInt8]? {
    if isEmpty { return nil }
    var packer = Packer()
    packer.texts(self)
    return packer.bytes
  }

  init(packed: [UInt8]) throws {
    var unpacker = Unpacker(packed)
    self = try unpacker.texts()
  }
}

extension StopOrder {
  var packed: [UInt8] {
    var packer = Packer()
    packer.number(graceMS == nil ? 0 : 1)
    if let graceMS { packer.number(Int(graceMS)) }
    packer.text(reason)
    packer.text(principal)
    packer.number(isForced ? 1 : 0)
    return packer.bytes
  }

  init(packed: [UInt8]) throws {
    var unpacker = Unpacker(packed)
    self.init(
      graceMS: try unpacker.number() == 0 ? nil : Int64(try unpacker.number()),
      reason: try unpacker.text(), principal: try unpacker.text(),
      isForced: try unpacker.number() != 0)
  }
}

extension AttemptEnding {
  var packed: [UInt8] {
    var packer = Packer()
    packer.number(Int(means.rawValue))
    packer.number(Int(proof.rawValue))
    packer.number(processesEnded)
    packer.number(Int(durationMS))
    packer.number(survivors.count)
    for survivor in survivors {
      packer.number(survivor.pid)
      packer.text(survivor.command)
    }
    return packer.bytes
  }

  init(packed: [UInt8]) throws {
    var unpacker = Unpacker(packed)
    self.init(means: try unpacker.value(), proof: try unpacker.value())
    processesEnded = try unpacker.number()
    durationMS = Int64(try unpacker.number())
    for _ in 0..<max(0, try unpacker.number()) {
      survivors.append(Survivor(pid: try unpacker.number(), command: try unpacker.text()))
    }
  }
}
