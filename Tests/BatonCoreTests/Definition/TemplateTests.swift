import BatonCore
import Foundation
import Testing

@Suite struct TemplateTests {
  private func rendered(_ source: String, _ values: [String: String] = [:]) throws -> String {
    try Template(parsing: source).rendered { values[$0.description] }
  }

  @Test(
    "G31 text outside of references stays as it is",
    arguments: [
      ("", ""), ("a b", "a b"), ("$", "$"), ("$a$", "$a$"), ("$$", "$$"), ("{}", "{}"),
      ("$${arg.x}", "${arg.x}"), ("$$${x}", "$${x}"), ("a$${", "a${"), ("§$ é", "§$ é"),
    ])
  func literals(source: String, expected: String) throws {
    #expect(try rendered(source) == expected)
    #expect(try Template(parsing: source).isLiteral)
  }

  @Test(
    "G29 every source is read",
    arguments: [
      ("arg.a.b-c_D", .argument("a.b-c_D")), ("env.HOME", .environment("HOME")),
      ("prop.input.stream", .property("input.stream")),
      ("token.k", .token(scope: .user, key: "k", node: nil)),
      (
        "token.records.bad@RecordVerifier",
        .token(scope: .user, key: "records.bad", node: "RecordVerifier")
      ),
      ("system.condition@A", .token(scope: .system, key: "condition", node: "A")),
      (#"token."a key@x"@B"#, .token(scope: .user, key: "a key@x", node: "B")),
      (#"arg."}\u0041\ud83d\ude00""#, .argument("}A😀")),
      ("outcome", .outcome), ("secret.S", .secret("S")), ("index", .index),
      ("item", .item(name: "item", field: nil)), ("item.f", .item(name: "item", field: "f")),
      ("row.f", .item(name: "row", field: "f")), ("exit_code", .exitCode), ("reason", .reason),
      ("trigger.name", .trigger(.init(field: .info(.name)))),
      ("trigger.logical_start_time", .trigger(.init(field: .info(.logicalStartTime)))),
      ("trigger.2.run_id", .trigger(.init(position: 2, field: .info(.runID)))),
      ("trigger.arg.n", .trigger(.init(field: .argument("n")))),
      (
        "trigger.0.token.k@N",
        .trigger(.init(position: 0, field: .token(scope: .user, key: "k", node: "N")))
      ),
      ("trigger.prop.p@N", .trigger(.init(field: .property("p", node: "N")))),
    ] as [(String, Template.Reference)])
  func references(text: String, reference: Template.Reference) throws {
    let template = try Template(parsing: "a${\(text)}b${\(text):-none}")
    #expect(
      template.parts == [
        .literal("a"), .reference(reference, fallback: nil), .literal("b"),
        .reference(reference, fallback: "none"),
      ])
    let again = try Template(parsing: "${\(reference.description)}")
    #expect(again.references == [reference])
  }

  @Test(
    "G31 what is no reference is an error",
    arguments: [
      "${", "a${arg", "${arg.x", "${arg.x:-d", "${}", "${ arg.x}", "${arg}", "${arg.}",
      "${arg.x }", "${arg.x-:d}", "${arg.x:d}", "${token.k@}", "${token}", "${Foo.x}",
      "${no-such.x}", #"${arg."x}"#, #"${arg."\q"}"#, #"${arg."\ud800"}"#, "${outcome.x}",
      "${trigger}", "${trigger.foo}", "${trigger.0.name}", "${trigger.prop.x}",
      "${trigger.-1.run_id}",
      "${é}",
    ])
  func errors(source: String) {
    #expect(throws: TemplateError.self) { try Template(parsing: source) }
  }

  @Test("WF-25 values are inserted once, defaults only for absent values")
  func rendering() throws {
    let values = [
      "arg.x": "a b", "prop.k": "${arg.x}", "env.E": "", "token.t@A": "1",
    ]
    #expect(try rendered("${arg.x}", values) == "a b")
    #expect(try rendered("<${prop.k}>", values) == "<${arg.x}>")
    #expect(try rendered("${env.E:-d}", values) == "")
    #expect(try rendered("${token.t@A}${token.t@A}", values) == "11")
    #expect(try rendered("${arg.none:-d}", values) == "d")
    #expect(try rendered("${arg.none:-}", values) == "")
    #expect(try rendered("${arg.none:-a:-${b}", values) == "a:-${b")
  }

  @Test("WF-26 an absent value names its reference")
  func unresolved() throws {
    let template = try Template(parsing: "x${token.t}y")
    let error = #expect(throws: UnresolvedReference.self) { try template.rendered { _ in nil } }
    #expect(error?.description == "token.t")
    #expect(template.readsToken)
    #expect(try !Template(parsing: "${arg.t}").readsToken)
  }

  @Test("a template is coded as its source text")
  func coding() throws {
    let template = try Template(parsing: "a ${arg.x} $${")
    let data = try JSONEncoder().encode([template])
    #expect(String(decoding: data, as: UTF8.self) == #"["a ${arg.x} $${"]"#)
    #expect(try JSONDecoder().decode([Template].self, from: data) == [template])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Template].self, from: Data(#"["${"]"#.utf8))
    }
  }

  @Test("a literal template yields its text", arguments: ["", "${x}", "$${", "$$${", "a$"])
  func literalTemplate(text: String) throws {
    let template = Template(literal: text)
    #expect(try template.rendered { _ in nil } == text)
    #expect(try rendered(template.source) == text)
  }
}
