/// Reads the policies of a program, a node or `node_defaults` (G6, RE90–RE109).
struct PolicyReader {
  /// The fields that nodes and `node_defaults` have; conditions have no `for_each`.
  static let nodeFields: Set<String> = [
    "timeout", "stop_grace", "retry", "limits", "wait_before", "node_timeout", "wait_after",
    "pause_before", "on_success", "on_failure", "on_complete", "on_skip", "fail_on",
    "safe_rerun", "for_each",
  ]

  private let parser: ApplicationParser
  private let object: DocumentObject
  private let isCondition: Bool
  /// The templates with references, by the field that has them.
  private(set) var texts: [String: [TemplateText]] = [:]
  /// `items` of `for_each`, when it could be read.
  private(set) var items: TemplateText?

  init(parser: ApplicationParser, object: DocumentObject, isCondition: Bool) {
    self.parser = parser
    self.object = object
    self.isCondition = isCondition
  }

  /// The policies that are given, whether they could be read or not.
  var fields: Set<String> {
    Self.nodeFields.intersection(object.fields.map(\.name))
  }

  /// What programs may set, too: `timeout`, `stop_grace`, `retry` and `limits`.
  mutating func attemptPolicy(hasLimits: Bool = true) -> NodePolicy {
    NodePolicy(
      timeoutMS: object["timeout"].flatMap { duration($0, "timeout", PolicyNumbers.timeout) },
      stopGraceMS: object["stop_grace"].flatMap {
        duration($0, "stop_grace", PolicyNumbers.stopGrace)
      },
      retry: object["retry"].flatMap { retry($0) },
      limits: hasLimits ? object["limits"].flatMap(resourceLimits) : nil)
  }

  /// All policies of a node, `wait_before` apart.
  mutating func policy() -> NodePolicy {
    var policy = attemptPolicy()
    policy.nodeTimeoutMS = available("node_timeout", .nodeTimeout).flatMap {
      duration($0, "node_timeout", PolicyNumbers.nodeTimeout)
    }
    policy.waitAfterMS = available("wait_after", .waitAfter).flatMap {
      duration($0, "wait_after", PolicyNumbers.waitAfter)
    }
    policy.pauseBefore = available("pause_before", .pauseBefore).flatMap(pause)
    policy.failOn = available("fail_on", .failOn).flatMap(expression)
    policy.safeRerun = available("safe_rerun", .safeRerun).flatMap { $0.bool() }
    policy.onSuccess = publish("on_success")
    policy.onFailure = publish("on_failure")
    policy.onComplete = publish("on_complete")
    policy.onSkip = publish("on_skip")
    if !isCondition { policy.forEach = available("for_each", .forEach).flatMap { forEach($0) } }
    return policy
  }

  /// `wait_before`.
  mutating func waitBefore() -> Templated<Int64>? {
    available("wait_before", .waitBefore).flatMap {
      duration($0, "wait_before", PolicyNumbers.waitBefore)
    }
  }

  // MARK: - Numbers

  private mutating func duration(
    _ cursor: DocumentCursor, _ field: String, _ number: PolicyNumber<Int64>
  ) -> Templated<Int64>? {
    templated(cursor, field) { $0.duration(atLeast: number.range.lowerBound) }
  }

  private mutating func integer(
    _ cursor: DocumentCursor, _ field: String, _ number: PolicyNumber<Int>
  ) -> Templated<Int>? {
    let range = Int64(number.range.lowerBound)...Int64(number.range.upperBound)
    return templated(cursor, field) { $0.integer(range).map(Int.init) }
  }

  private mutating func double(
    _ cursor: DocumentCursor, _ field: String, _ number: PolicyNumber<Double>
  ) -> Templated<Double>? {
    templated(cursor, field) { $0.number(number.range) }
  }

  /// A number, or a text with references that gives one.
  private mutating func templated<Value>(
    _ cursor: DocumentCursor, _ field: String, _ literal: (DocumentCursor) -> Value?
  ) -> Templated<Value>? {
    if case .text(let text, _) = cursor.item.content, text.contains("${") {
      guard let cursor = parser.available(cursor, .policyTemplates, "a template as a number")
      else { return nil }
      let place: TemplatePlace = isCondition ? .conditionPolicy : .policy
      guard let template = template(text, cursor, place, field) else { return nil }
      if !template.isLiteral { return .template(template) }
    }
    return literal(cursor).map { .literal($0) }
  }

  private mutating func template(
    _ text: String, _ cursor: DocumentCursor, _ place: TemplatePlace, _ field: String
  ) -> Template? {
    parser.template(text, cursor, place, &texts[field, default: []])
  }

  // MARK: - Retries and limits

  private mutating func retry(_ cursor: DocumentCursor) -> RetryPolicy? {
    guard let retry = parser.available(cursor, .retry, "retry")?.object() else { return nil }
    retry.allow(
      [
        "attempts", "delay", "backoff", "max_delay", "jitter", "on", "break_on", "continue_on",
      ], what: "`retry`")
    var policy = RetryPolicy()
    if let cursor = retry["attempts"] {
      policy.attempts = integer(cursor, "retry", PolicyNumbers.attempts) ?? policy.attempts
    }
    if let cursor = retry["delay"] {
      policy.delayMS = duration(cursor, "retry", PolicyNumbers.delay) ?? policy.delayMS
    }
    if let cursor = retry["backoff"] {
      policy.backoff = double(cursor, "retry", PolicyNumbers.backoff) ?? policy.backoff
    }
    if let cursor = retry["max_delay"] {
      policy.maxDelayMS = duration(cursor, "retry", PolicyNumbers.maxDelay) ?? policy.maxDelayMS
    }
    if let cursor = available("jitter", .retryJitter, of: retry) {
      let jitter = double(cursor, "retry", PolicyNumbers.jitter)
      policy.jitter = jitter == 0 ? nil : jitter
    }
    policy.on = available("on", .retryCauses, of: retry).flatMap(causes)
    policy.breakOn = available("break_on", .retryExpressions, of: retry).flatMap(expression)
    policy.continueOn = available("continue_on", .retryExpressions, of: retry).flatMap(expression)
    return policy
  }

  /// `retry.on`; its order and repetitions mean nothing.
  private func causes(_ cursor: DocumentCursor) -> [RetryCause]? {
    guard let items = cursor.list() else { return nil }
    if items.isEmpty { cursor.report(.badValue, "has no failure") }
    let causes = items.compactMap { item -> RetryCause? in
      guard let text = item.text() else { return nil }
      guard let cause = RetryCause(text) else {
        let words = OutcomeReason.Retry.allCases.map { "`\($0.rawValue)`" }
        item.report(
          .badValue,
          "must be 1..255, such as `75` or `64-78`, or one of \(words.joined(separator: ", "))")
        return nil
      }
      return cause
    }
    return Set(causes).sorted()
  }

  private func resourceLimits(_ cursor: DocumentCursor) -> ResourceLimits? {
    guard let object = parser.available(cursor, .limits, "limits")?.object() else { return nil }
    object.allow(["cpu_time", "memory", "open_files", "output_bytes"], what: "`limits`")
    return ResourceLimits(
      cpuTimeMS: object["cpu_time"].flatMap { $0.duration(atLeast: 1) },
      memoryBytes: object["memory"].flatMap { $0.integer(1...Int64.max) },
      openFiles: object["open_files"].flatMap { $0.integer(1...Int64(Int32.max)) },
      outputBytes: object["output_bytes"].flatMap { $0.integer(1...Int64.max) })
  }

  // MARK: - Expressions and publishing

  private func expression(_ cursor: DocumentCursor) -> String? {
    parser.expression(cursor, of: .policy)
  }

  /// `true`, `false` or an expression.
  private func pause(_ cursor: DocumentCursor) -> PausePolicy? {
    if case .text(let text, quoted: false) = cursor.item.content,
      let value = TypedText.bool(text)
    {
      return .fixed(value)
    }
    return expression(cursor).map(PausePolicy.expression)
  }

  private mutating func publish(_ field: String) -> [TokenTemplate]? {
    guard let object = available(field, .publishing)?.object() else { return nil }
    object.allow(["publish"], what: "`\(field)` of a node")
    let place: TemplatePlace = isCondition ? .conditionPublish : .publish
    return object.required("publish").map {
      parser.put($0, place, &texts[field, default: []])
    }
  }

  // MARK: - Lists

  private mutating func forEach(_ cursor: DocumentCursor) -> ForEach? {
    guard let object = cursor.object() else { return nil }
    object.allow(["items", "as", "concurrency", "fail_fast", "collect"], what: "`for_each`")
    let items = object.required("items").flatMap { cursor -> Template? in
      guard let text = parser.mapText(cursor),
        let template = template(text, cursor, .items, "for_each")
      else { return nil }
      self.items = TemplateText(template: template, cursor: cursor)
      return template
    }
    let name = object["as"].map(itemName)
    let concurrency = object["concurrency"].flatMap {
      integer($0, "for_each", PolicyNumbers.itemConcurrency)
    }
    let failFast = object["fail_fast"]?.bool()
    let collect = object["collect"].map(parser.tokenKeys)
    // A name that could not be read leaves every `${…}` of it without a meaning.
    guard let items, let name = name ?? ForEach.defaultName else { return nil }
    return ForEach(
      items: items, as: name,
      concurrency: concurrency ?? .literal(ForEach.defaultConcurrency),
      failFast: failFast ?? false, collect: collect ?? [])
  }

  private func itemName(_ cursor: DocumentCursor) -> String? {
    guard let text = cursor.text() else { return nil }
    guard TemplateParser.isItemName(text) else {
      cursor.report(
        .badValue, "must be a name of small letters, digits and `_` that no other source has")
      return nil
    }
    return text
  }

  // MARK: - Features

  private func available(
    _ field: String, _ feature: ApplicationFeatures.Switch, of owner: DocumentObject? = nil
  ) -> DocumentCursor? {
    (owner ?? object)[field].flatMap { parser.available($0, feature, field) }
  }
}
