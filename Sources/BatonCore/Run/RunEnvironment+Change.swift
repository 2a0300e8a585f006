/// Changes of the environment (RE10–RE16, RE20, RE21).
extension RunEnvironment {
  /// Entries, and names that are secret (G4).
  package static let maximumEntries = 1000
  /// Bytes of a name.
  package static let maximumNameBytes = 255
  /// Bytes of a value.
  package static let maximumValueBytes = 65_536
  /// Bytes of all names and values, together with the arguments (G34).
  package static let maximumBytes = 1_048_576
  /// Revisions of one tree of runs (RE15).
  package static let maximumRevisions = 10_000

  /// Whether a text is a legal name: `[A-Za-z_][A-Za-z0-9_]*`, not too long and not reserved (G4).
  package static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= maximumNameBytes else { return false }
    guard !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    guard !text.hasPrefix("BATON_") else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  /// - Throws: ABORTED `env_changed` when another revision than the expected one is the newest.
  package func expect(_ expected: Int) throws(BatonError) {
    guard expected != 0, expected != revision else { return }
    throw BatonError(
      .aborted, "env_changed",
      "the newest revision of the environment is \(revision), not \(expected)",
      hint: "read the environment again and repeat the change")
  }

  /// Why the environment of a root run in a status cannot be changed by itself (RE20); nil: it can.
  package static func refusalOfUpdate(root: RunID, in status: RunStatus) -> BatonError? {
    switch status {
    case .stopping:
      BatonError(
        .failedPrecondition, "run_stopping", "run \(root) is being stopped",
        hint: "wait for its end")
    case .rejected:
      BatonError(
        .failedPrecondition, "run_rejected", "run \(root) was rejected and has never run",
        hint: "start a new run")
    case .completed:
      BatonError(
        .failedPrecondition, "run_completed", "run \(root) is COMPLETED",
        hint: "re-run nodes with allow_completed, which can change the environment")
    case .pending, .starting, .running, .suspended, .resuming, .failed, .killed: nil
    }
  }

  /// Carries out a change: names are unset first, then set (RE13).
  ///
  /// - Parameters:
  ///   - change: The change; its form was checked.
  ///   - origin: Who asks for it.
  ///   - call: By which call.
  ///   - run: The run at which it is made.
  ///   - root: The root run, with whose arguments the environment shares a bound.
  /// - Returns: The revision that this makes; nil: everything is as it was (RE14).
  /// - Throws: RESOURCE_EXHAUSTED `env_limit`, `env_revision_limit`; nothing has changed then.
  package mutating func apply(
    _ change: EnvChange, by origin: RerunCall, _ call: EnvCall, at run: RunID, root: RunHeader
  ) throws(BatonError) -> EnvRevision? {
    var next = self
    for name in change.unset { next.values[name] = nil }
    next.values.merge(change.values) { _, new in new }
    next.secret.formUnion(change.secret)
    guard next != self else { return nil }
    try next.checkSizes(beside: root.arguments)
    guard revision < Self.maximumRevisions else {
      throw BatonError(
        .resourceExhausted, "env_revision_limit",
        "run \(root.id) has \(revision) revisions of its environment, as many as it may have",
        hint: "start a new run")
    }
    next.revision += 1
    let edits = edits(to: next)
    self = next
    return EnvRevision(
      root: root.id, number: revision, time: origin.time, principal: origin.principal,
      requestID: origin.requestID, call: call, run: run, note: origin.note, edits: edits)
  }

  /// What differs in a later revision, by name.
  private func edits(to next: RunEnvironment) -> [EnvEdit] {
    let altered = Set(values.keys).union(next.values.keys)
      .filter { values[$0] != next.values[$0] }
    return altered.union(next.secret.subtracting(secret)).sorted().map { name in
      EnvEdit(
        name: name, old: values[name], new: next.values[name],
        isSecret: next.secret.contains(name))
    }
  }

  private func checkSizes(beside arguments: [String: String]) throws(BatonError) {
    let entries = max(values.count, secret.count)
    guard entries <= Self.maximumEntries else {
      throw Self.limit("the environment has \(entries) entries", Self.maximumEntries)
    }
    for name in values.keys.sorted() {
      let bytes = values[name]?.utf8.count ?? 0
      guard bytes <= Self.maximumValueBytes else {
        throw Self.limit("the value of \(name) has \(bytes) bytes", Self.maximumValueBytes)
      }
    }
    let total = Self.bytes(values) + Self.bytes(arguments)
    guard total <= Self.maximumBytes else {
      throw Self.limit(
        "environment and arguments have \(total) bytes together", Self.maximumBytes)
    }
  }

  private static func limit(_ what: String, _ limit: Int) -> BatonError {
    BatonError(
      .resourceExhausted, "env_limit", "\(what), the limit is \(limit)",
      hint: "shorten it; pass large data in files")
  }

  private static func bytes(_ values: [String: String]) -> Int {
    values.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
  }
}

extension EnvChange {
  /// Checks the form of names and values (RE11, check 2 of RE30).
  ///
  /// - Throws: INVALID_ARGUMENT `env_name_invalid`, `invalid_text`.
  package func checkForm() throws(BatonError) {
    for name in values.keys.sorted() + unset + secret where !RunEnvironment.isName(name) {
      throw BatonError(
        .invalidArgument, "env_name_invalid",
        "`\(name.shortened(to: RunEnvironment.maximumNameBytes))` (\(name.utf8.count) bytes) is "
          + "no name of the environment",
        hint: "names match [A-Za-z_][A-Za-z0-9_]*, have at most "
          + "\(RunEnvironment.maximumNameBytes) bytes and do not start with BATON_")
    }
    for name in values.keys.sorted() where values[name]?.utf8.contains(0) == true {
      throw BatonError(
        .invalidArgument, "invalid_text", "the value of \(name) has the character U+0000")
    }
  }
}
