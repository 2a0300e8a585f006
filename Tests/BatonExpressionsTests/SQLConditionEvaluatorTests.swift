import BatonCore
import BatonExpressions
import Testing

@Suite struct SQLConditionEvaluatorTests {
  private let evaluator = SQLConditionEvaluator()
  private let view = View(
    tokens: ["n@A": "3", "n": "3", "flag": "TRUE", "empty": "", "big": "9223372036854775808"],
    arguments: ["max": "5"], environments: ["HOME": "/x"], statuses: ["A": "COMPLETED"])

  private func outcome(_ expression: String) -> String {
    switch evaluator.evaluate(expression, values: view) {
    case .success(let value): value ? "true" : "false"
    case .failure(let failure): failure.reason.rawValue
    }
  }

  @Test(
    "WF-28 expressions over n=3 put by A",
    arguments: [
      ("int(token('n')) > 5", "false"), ("token('n','A') = '3'", "true"),
      ("token('zz') = 'x'", "condition_null"), ("coalesce(token('zz'),'') = ''", "true"),
      ("int(token('n','NOPE')) = 3", "condition_error"),
    ])
  func cases(expression: String, expected: String) {
    #expect(outcome(expression) == expected)
    #expect(outcome(expression) == expected)
  }

  @Test(
    "WF-29 what is not allowed is refused at deployment",
    arguments: [
      "random() > 0", "(select 1)", "1), (2", "1; 2", "current_timestamp > ''",
      "1;", "1, 2", "?1", ":a", "@a", "$a", "?", "exists(select 1)", "(values (1))",
      "1 in (select 1)", "1 in sqlite_master", "0 and (select 1)", "1 or exists (select 1)",
      "case when 0 then (select 1) else 1 end", "load_extension('x')", "date('now') > ''",
      "sqlite_version() > ''", "token()", "token(1,2,3,4)", "arg()", "int()", "x", "\"x\" = 1",
      "", "  ", "1 +", "(1", "'a", "/* a", "1 as a", "1 from a", "1 /* */ ; 2", "count(*)",
      "sum(1)", "zeroblob(10)", "hex(1)", "printf('%s', 1)", "'a' regexp 'b'", "'a' match 'b'",
      "max(1) over ()", "randomblob(1)", "unknown(1)", "a.b", "[x]", "`x`", "1 -- \n ) (",
      "json_each('[]')", "(1, 2)", "raise(ignore)", "quote(1)", "group_concat('a')", "1\u{0}2",
    ])
  func refused(expression: String) {
    #expect(evaluator.check(expression, of: .condition) != nil)
  }

  @Test(
    "G25 what is allowed",
    arguments: [
      ("1", "true"), ("0", "false"), ("0.0", "false"), ("0.5", "true"), ("-1", "true"),
      ("'TRUE'", "true"), ("'False'", "false"), ("'yes'", "condition_error"),
      ("''", "condition_error"), ("null", "condition_null"), ("x'00'", "condition_error"),
      ("true", "true"), ("3 between 1 and 5", "true"), ("'b' in ('a', 'b')", "true"),
      ("case when 1 then 'true' end", "true"), ("cast('5' as integer) = 5", "true"),
      ("'abc' like 'A%'", "true"), ("'abc' glob 'a*'", "true"),
      ("'A' = 'a' collate nocase", "true"), ("abs(-1) = 1", "true"),
      ("coalesce(null, 1)", "true"), ("ifnull(null, 0)", "false"), ("iif(1, 0, 1)", "false"),
      ("instr('abc', 'b') = 2", "true"), ("json_array_length('[1,2]') = 2", "true"),
      ("json_extract('{\"a\": 1}', '$.a')", "true"), ("json_type('[]') = 'array'", "true"),
      ("json_valid('{')", "false"), ("length('é') = 1", "true"), ("lower('A') = 'a'", "true"),
      ("ltrim(' a') = 'a'", "true"), ("max(1, 2) = 2", "true"), ("min(1, 2) = 1", "true"),
      ("nullif(1, 1)", "condition_null"), ("replace('ab', 'a', 'c') = 'cb'", "true"),
      ("round(1.5) = 2", "true"), ("rtrim('a ') = 'a'", "true"), ("sign(-3) = -1", "true"),
      ("substr('abc', 2, 1) = 'b'", "true"), ("trim(' a ') = 'a'", "true"),
      ("typeof(1) = 'integer'", "true"), ("unicode('a') = 97", "true"),
      ("upper('a') = 'A'", "true"), ("'{\"a\":{\"b\":2}}' -> '$.a' ->> '$.b' = 2", "true"),
      ("1 is distinct from 2", "true"), ("1 -- comment", "true"), ("/* a */ 1", "true"),
      ("'a;?:@(' = 'a;?:@('", "true"), ("'it''s' = 'it''s'", "true"), ("((1))", "true"),
      ("1 > 0 and not 0 or 0", "true"), ("json('{')", "error"),
    ])
  func allowed(expression: String, expected: String) {
    if expected == "error" {
      #expect(evaluator.check(expression, of: .condition) != nil)
    } else {
      #expect(evaluator.check(expression, of: .condition) == nil)
      #expect(outcome(expression) == expected)
    }
  }

  @Test(
    "G23 Baton's functions",
    arguments: [
      ("arg('max') = '5'", "true"), ("arg('zz') is null", "true"), ("env('HOME') = '/x'", "true"),
      ("status('A') = 'COMPLETED'", "true"), ("status('B') = 'x'", "condition_error"),
      ("status(null) = 'x'", "condition_error"), ("token('n', null) = '3'", "true"),
      ("token('n', null, 'USER') = '3'", "true"), ("token('n', null, 'X')", "condition_error"),
      ("token('condition', 'A', 'SYSTEM')", "true"), ("token(null)", "condition_error"),
      ("token(5)", "condition_error"), ("typeof(token('n')) = 'text'", "true"),
      ("token('n') > 5", "true"), ("int(3) = 3", "true"), ("int(3.0)", "condition_error"),
      ("int('3.0')", "condition_error"), ("int(null)", "condition_null"),
      ("int(token('big'))", "condition_error"), ("num('1.5') = 1.5", "true"),
      ("typeof(num(2)) = 'real'", "true"), ("num('x')", "condition_error"),
      ("num(x'00')", "condition_error"), ("bool(token('flag'))", "true"),
      ("bool('1')", "condition_error"), ("bool(1)", "condition_error"),
      ("bool(null)", "condition_null"), ("token('empty') = ''", "true"),
      ("case when 1 then 1 else int('x') end", "true"), ("coalesce(1, int('x'))", "true"),
      ("iif(0, int('x'), 1)", "true"), ("ifnull(1, int('x'))", "true"),
      ("json_extract('{', '$')", "condition_error"), ("1 / 0", "condition_null"),
      ("abs(-9223372036854775807 - 1)", "condition_error"),
    ])
  func functions(expression: String, expected: String) {
    #expect(evaluator.check(expression, of: .condition) == nil)
    #expect(outcome(expression) == expected)
  }

  @Test(
    "RE92, RE95, RE97 the further functions of policies",
    arguments: [
      ("exit_code() = 75", "true"), ("reason() = 'exit_nonzero'", "true"),
      ("attempt() = 2", "true"),
      ("json_extract(item(), '$.n') = 1", "true"), ("typeof(exit_code()) = 'integer'", "true"),
      ("int(token('n')) + attempt() = 5", "true"), ("exit_code() > '9'", "false"),
    ])
  func policies(expression: String, expected: String) {
    var policy = view
    policy.attempt = ExpressionAttempt(
      number: 2, exitCode: 75, reason: "exit_nonzero", item: #"{"n":1}"#)
    #expect(evaluator.check(expression, of: .policy) == nil)
    #expect(evaluator.evaluate(expression, values: policy) == .success(expected == "true"))
    // A condition has none of them, whatever was compiled before.
    #expect(evaluator.check(expression, of: .condition) != nil)
    #expect(outcome(expression) == "condition_error")
  }

  @Test(
    "facts that an attempt does not have are NULL",
    arguments: ["exit_code() is null", "reason() is null", "item() is null", "attempt() = 1"])
  func absentFacts(expression: String) {
    var policy = view
    policy.attempt = ExpressionAttempt(number: 1)
    #expect(evaluator.evaluate(expression, values: policy) == .success(true))
  }

  @Test("G25 bounds end as condition_limit")
  func bounds() {
    let pattern = String(repeating: "a", count: 101)
    #expect(outcome("'a' like '\(pattern)'") == "condition_limit")
    #expect(outcome("'a' glob '\(pattern)'") == "condition_limit")
    let doubled = (0..<9).reduce("'0123456789'") { text, _ in
      "replace(\(text), '0', '00000000000000000000000000000000')"
    }
    #expect(outcome("length(\(doubled)) > 0") == "condition_limit")
    let deep = String(repeating: "1+", count: 150) + "1"
    #expect(outcome(deep) == "condition_limit")
    #expect(evaluator.check(deep, of: .condition) != nil)
    let flat = String(repeating: "1+", count: 90) + "1"
    #expect(outcome(flat) == "true")
  }

  @Test("functions read at every evaluation, never a kept result")
  func freshness() {
    #expect(outcome("int(token('n')) = 3") == "true")
    var other = view
    other.tokens["n"] = "4"
    let result = evaluator.evaluate("int(token('n')) = 3", values: other)
    #expect(result == .success(false))
  }

  @Test("evaluations of many tasks at once")
  func concurrency() async {
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask { [evaluator, view] in
          (0..<200).allSatisfy { index in
            evaluator.evaluate("int(token('n')) + \(index % 20) = 3", values: view)
              == .success(index % 20 == 0)
          }
        }
      }
      for await passed in group { #expect(passed) }
    }
  }

  @Test("a repeated evaluation costs microseconds")
  func speed() {
    let clock = ContinuousClock()
    let expression = "int(token('n', 'A')) <= int(arg('max'))"
    #expect(outcome(expression) == "true")
    let time = clock.measure {
      for _ in 0..<10_000 { _ = evaluator.evaluate(expression, values: view) }
    }
    #expect(time < .seconds(2), "\(time / 10_000) each")
  }
}

/// A view with fixed values.
private struct View: ExpressionValues {
  var tokens: [String: String]
  var arguments: [String: String]
  var environments: [String: String]
  var statuses: [String: String]
  var attempt: ExpressionAttempt?

  func token(
    key: String, node: String?, scope: TokenScope
  ) throws(ExpressionValueError) -> String? {
    if let node, statuses[node] == nil { throw ExpressionValueError("`\(node)` is no ancestor") }
    if scope == .system { return key == "condition" ? "true" : nil }
    return tokens[node.map { "\(key)@\($0)" } ?? key]
  }

  func argument(_ name: String) -> String? { arguments[name] }

  func environment(_ name: String) -> String? { environments[name] }

  func status(node: String) throws(ExpressionValueError) -> String {
    guard let status = statuses[node] else {
      throw ExpressionValueError("`\(node)` is no ancestor")
    }
    return status
  }
}
