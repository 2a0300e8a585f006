internal import BatonCore

/// Replaces the templates of one node (G29–G31).
struct InputRenderer {
  private let arguments: [String: String]
  private let environment: [String: String]
  let step: RunPlan.Step
  let tokens: NodeTokenReader
  private let properties: [String: String]?
  /// What `${exit_code}` and `${reason}` are about; nil: nothing has ended.
  private let attempt: ExpressionAttempt?
  /// The element and index of the item that is executed.
  private let item: (element: JSONValue, index: Int)?
  /// The most bytes that the texts of one attempt have together: some times what the system lets a
  /// program be started with, and as much as a token takes by default.
  private static let maximumBytes = 32 << 20

  /// - Parameters:
  ///   - machine: The run.
  ///   - step: What the attempt executes.
  ///   - tokens: What its templates read of the token.
  ///   - attempt: The attempt that has ended, for what is published (RE96).
  ///   - item: The element and index of the item that is executed (RE105).
  init(
    _ machine: borrowing RunMachine, _ step: RunPlan.Step, _ tokens: NodeTokenReader,
    attempt: ExpressionAttempt? = nil, item: (JSONValue, Int)? = nil
  ) {
    arguments = machine.header.arguments
    environment = machine.environment.values
    self.step = step
    self.tokens = tokens
    self.attempt = attempt
    self.item = item.map { (element: $0.0, index: $0.1) }
    properties = nil
  }

  private init(_ renderer: InputRenderer, properties: [String: String]) {
    arguments = renderer.arguments
    environment = renderer.environment
    step = renderer.step
    tokens = renderer.tokens
    attempt = renderer.attempt
    item = renderer.item
    self.properties = properties
  }

  /// What an attempt will use.
  ///
  /// - Throws: `template_unresolved`, naming the reference; `exec_failed` when it is too much.
  func inputs(argv: [Template]) throws(PreparationError) -> AttemptInputs {
    var room = Self.maximumBytes
    let properties = try rendered(step.properties, &room)
    let renderer = InputRenderer(self, properties: properties)
    var arguments: [String] = []
    for template in argv { arguments.append(try renderer.rendered(template, &room)) }
    return AttemptInputs(
      argv: arguments, properties: properties, env: try renderer.rendered(step.env, &room))
  }

  /// The arguments that an attempt gives its child run (RE110).
  ///
  /// - Throws: `template_unresolved`, naming the reference; `exec_failed` when it is too much.
  func arguments(of child: ChildProgram) throws(PreparationError) -> [String: String] {
    var room = Self.maximumBytes
    let renderer = InputRenderer(self, properties: try rendered(step.properties, &room))
    return try renderer.rendered(child.arguments, &room)
  }

  /// The text of a template of a policy (RE90, RE105).
  ///
  /// - Throws: `template_unresolved`, naming the reference; `exec_failed` when it is too much.
  func text(_ template: Template) throws(PreparationError) -> String {
    var room = Self.maximumBytes
    let renderer = InputRenderer(self, properties: try properties(for: [template], &room))
    return try renderer.rendered(template, &room)
  }

  /// The properties that templates name: others may be about an item.
  private func properties(
    for templates: [Template], _ room: inout Int
  ) throws(PreparationError) -> [String: String] {
    var named: [String: Template] = [:]
    for case .property(let name) in templates.flatMap(\.references) {
      named[name] = step.properties[name]
    }
    return try rendered(named, &room)
  }

  /// The entries that a NOOP or a decided condition puts (G21, G32), or a node publishes (RE96).
  ///
  /// - Throws: `template_unresolved`; `token_key_invalid`, `invalid_text`.
  func puts(
    _ templates: [TokenTemplate], outcome: Bool?
  ) throws(PreparationError) -> [TokenPutBatch.Entry] {
    guard !templates.isEmpty else { return [] }
    var room = Self.maximumBytes
    let renderer = InputRenderer(
      self, properties: try properties(for: templates.map(\.value), &room))
    var entries: [TokenPutBatch.Entry] = []
    for (index, template) in templates.enumerated() {
      let value = try renderer.rendered(template.value, outcome: outcome, &room)
      do {
        try TokenForm.check(key: template.key.utf8, value: value.utf8, index: index)
      } catch {
        throw PreparationError(reason: error.reason.rawValue, message: error.message)
      }
      entries.append(.init(key: template.key, value: value))
    }
    return entries
  }

  private func rendered(
    _ templates: [String: Template], _ room: inout Int
  ) throws(PreparationError) -> [String: String] {
    var values: [String: String] = [:]
    for (name, template) in templates { values[name] = try rendered(template, &room) }
    return values
  }

  private func rendered(
    _ template: Template, outcome: Bool? = nil, _ room: inout Int
  ) throws(PreparationError) -> String {
    // Counted before anything is built: a short file can ask for much (reliability R5).
    room -= template.renderedBytes { value(of: $0, outcome: outcome) }
    guard room >= 0 else {
      throw PreparationError(
        reason: "exec_failed",
        message: "the templates of the node give more than \(Self.maximumBytes) bytes")
    }
    do {
      return try template.rendered { value(of: $0, outcome: outcome) }
    } catch {
      throw PreparationError(
        reason: "template_unresolved", message: "\(error) has no value and no default")
    }
  }

  private func value(of reference: Template.Reference, outcome: Bool?) -> String? {
    switch reference {
    case .argument(let name): arguments[name]
    case .environment(let name): environment[name]
    case .property(let name): properties?[name]
    case .token(let scope, let key, let node): tokens.value(scope, key: key, node: node)
    case .outcome: outcome.map { $0 ? "true" : "false" }
    case .item(_, let field):
      (field.map { item?.element.member($0) } ?? item?.element)?.text
    case .index: item.map { String($0.index) }
    case .exitCode: attempt?.exitCode.map(String.init)
    case .reason: attempt?.reason
    case .trigger, .secret: nil
    }
  }
}
