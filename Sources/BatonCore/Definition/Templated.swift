/// A number of a policy: given in the file, or by a template that is read when a chain of attempts
/// starts (RE90–RE105).
///
/// It is stored as the number, or as the text of the template.
package enum Templated<Value: Codable & Hashable & Sendable>: Hashable, Sendable {
  case literal(Value)
  case template(Template)

  /// The number that the file gives; nil: a template gives it.
  package var literal: Value? {
    if case .literal(let value) = self { value } else { nil }
  }

  /// The template that gives the number; nil: the file does.
  package var template: Template? {
    if case .template(let template) = self { template } else { nil }
  }
}

extension Templated: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Value.self) {
      self = .literal(value)
    } else {
      self = .template(try container.decode(Template.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .literal(let value): try container.encode(value)
    case .template(let template): try container.encode(template)
    }
  }
}

extension Templated: ExpressibleByIntegerLiteral where Value: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Value.IntegerLiteralType) {
    self = .literal(Value(integerLiteral: value))
  }
}

extension Templated: ExpressibleByFloatLiteral where Value: ExpressibleByFloatLiteral {
  package init(floatLiteral value: Value.FloatLiteralType) {
    self = .literal(Value(floatLiteral: value))
  }
}
