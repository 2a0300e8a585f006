internal import BatonCore

/// Arguments, environment and brought ids of triggers (G4, G34, SR40).
enum RunInputs {
  private static let maximumEntries = 1000
  private static let maximumNameBytes = 255
  private static let maximumValueBytes = 65_536
  private static let maximumTotalBytes = 1_048_576

  /// - Throws: RESOURCE_EXHAUSTED `argument_limit`, INVALID_ARGUMENT `invalid_text`.
  static func checkArguments(_ values: [String: String]) throws(BatonError) {
    try checkSizes(values, "argument_limit", "arguments")
  }

  /// - Throws: INVALID_ARGUMENT `env_name_invalid`, RESOURCE_EXHAUSTED `env_limit`.
  static func checkEnvironment(_ values: [String: String]) throws(BatonError) {
    for name in values.keys.sorted() where !RunEnvironment.isName(name) {
      throw BatonError(
        .invalidArgument, "env_name_invalid",
        "`\(name.prefix(maximumNameBytes))` is no name of the environment",
        hint: "names match [A-Za-z_][A-Za-z0-9_]* and do not start with BATON_")
    }
    try checkSizes(values, "env_limit", "environment")
  }

  /// The id that a trigger brought; nil: none.
  ///
  /// - Throws: INVALID_ARGUMENT `run_id_invalid`.
  static func externalID(_ text: String) throws(BatonError) -> String? {
    guard !text.isEmpty else { return nil }
    let scalars = text.unicodeScalars
    let isLegal =
      text.utf8.count <= 250 && text != "latest"
      && scalars.allSatisfy { $0.properties.generalCategory != .control }
      && scalars.first?.properties.isWhitespace == false
      && scalars.last?.properties.isWhitespace == false
    guard isLegal else {
      throw BatonError(
        .invalidArgument, "run_id_invalid", "the id brought for the run is not legal",
        hint: "1 to 250 bytes without control characters or white space at its ends, not `latest`")
    }
    return text
  }

  /// The members of a `conf` (SR2).
  ///
  /// - Throws: INVALID_ARGUMENT `conf_invalid`, `argument_conflict`.
  static func members(
    of conf: String, beside given: [String: String]
  ) throws(BatonError) -> [TriggerConf.Member] {
    guard !conf.isEmpty else { return [] }
    let members = try TriggerConf(conf).members
    if let twice = members.first(where: { given[$0.name] != nil }) {
      throw BatonError(
        .invalidArgument, "argument_conflict",
        "`\(twice.name.shortened(to: maximumNameBytes))` is given in conf and in arguments",
        hint: "give it once")
    }
    return members
  }

  /// Declared defaults overlaid by what was given and by the members of `conf`, as far as these
  /// are within the limits of arguments; the others stay in `conf` only (SR2).
  ///
  /// - Throws: INVALID_ARGUMENT `argument_missing` with all missing names; RESOURCE_EXHAUSTED
  ///   `argument_limit`.
  static func arguments(
    _ given: [String: String], _ conf: [TriggerConf.Member], _ workflow: Workflow
  ) throws(BatonError) -> [String: String] {
    var values: [String: String] = [:]
    for (name, declaration) in workflow.arguments {
      if case .optional(let text) = declaration { values[name] = text }
    }
    values.merge(given) { _, new in new }
    for member in conf where isArgument(member) {
      if values.count < maximumEntries || values[member.name] != nil {
        values[member.name] = member.value
      }
    }
    let missing = workflow.arguments.keys.filter { values[$0] == nil }
    guard missing.isEmpty else {
      let names = missing.sorted().joined(separator: ", ")
      throw BatonError(
        .invalidArgument, "argument_missing",
        "workflow \(workflow.name) needs \(names)", hint: "give --arg NAME=VALUE for each")
    }
    try checkSizes(values, "argument_limit", "arguments")
    return values
  }

  /// The members of a run's `conf` that are no arguments of it (SR2).
  static func confOnly(_ header: RunHeader) throws(BatonError) -> [String] {
    guard let conf = header.conf else { return [] }
    return try TriggerConf(conf).members
      .filter { header.arguments[$0.name] != $0.value }.map(\.name)
  }

  private static func isArgument(_ member: TriggerConf.Member) -> Bool {
    (1...maximumNameBytes).contains(member.name.utf8.count)
      && member.value.utf8.count <= maximumValueBytes
      && !member.name.utf8.contains(0) && !member.value.utf8.contains(0)
  }

  /// `env` of file < workflow < trigger.
  static func environment(
    _ given: [String: String], _ plan: RunPlan
  ) throws(BatonError) -> [String: String] {
    let values = plan.application.env
      .merging(plan.workflow.env) { _, new in new }
      .merging(given) { _, new in new }
    try checkSizes(values, "env_limit", "environment")
    return values
  }

  /// The bound of both maps together (G34).
  ///
  /// - Throws: RESOURCE_EXHAUSTED `env_limit`; each map alone is within the bound.
  static func checkTogether(
    _ arguments: [String: String], _ env: [String: String]
  ) throws(BatonError) {
    let total = bytes(arguments) + bytes(env)
    guard total <= maximumTotalBytes else {
      throw BatonError(
        .resourceExhausted, "env_limit",
        "arguments and environment have \(total) bytes together, the limit is "
          + "\(maximumTotalBytes)")
    }
  }

  private static func bytes(_ values: [String: String]) -> Int {
    values.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
  }

  private static func checkSizes(
    _ values: [String: String], _ reason: BatonError.Reason, _ what: String
  ) throws(BatonError) {
    func refuse(_ message: String) -> BatonError {
      BatonError(.resourceExhausted, reason, message)
    }
    guard values.count <= maximumEntries else {
      throw refuse("\(what): \(values.count) entries, the limit is \(maximumEntries)")
    }
    var total = 0
    for (name, value) in values {
      let (nameBytes, valueBytes) = (name.utf8.count, value.utf8.count)
      guard (1...maximumNameBytes).contains(nameBytes) else {
        throw refuse("\(what): a name has \(nameBytes) bytes, 1 to \(maximumNameBytes) are allowed")
      }
      guard valueBytes <= maximumValueBytes else {
        throw refuse(
          "\(what): the value of \(name) has \(valueBytes) bytes, the limit is "
            + "\(maximumValueBytes)")
      }
      total += nameBytes + valueBytes
    }
    guard total <= maximumTotalBytes else {
      throw refuse("\(what): \(total) bytes together, the limit is \(maximumTotalBytes)")
    }
  }
}
