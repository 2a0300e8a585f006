internal import BatonCore
internal import CYaml

/// The events of a YAML text, from libyaml.
///
/// The library keeps a bounded look-ahead (a simple key has at most 1,024 characters), so that a
/// caller who stops at a bound has not paid for the rest of the text.
final class YAMLEventParser {
  /// One event and what of it matters here.
  struct Event {
    var kind: Kind
    var position: Document.Position
    var hasAnchor = false
    var hasTag = false
  }

  /// The kinds of events.
  enum Kind: Equatable {
    case documentStart
    case scalar(String, plain: Bool)
    case alias
    case mappingStart
    case sequenceStart
    case collectionEnd
    case streamEnd
    case other
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  /// A parser for a UTF-8 text, which is copied.
  init(_ bytes: [UInt8]) {
    parser = .allocate(capacity: 1)
    input = .allocate(capacity: max(bytes.count, 1))
    _ = input.update(fromContentsOf: bytes)
    yaml_parser_initialize(parser)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// The next event.
  ///
  /// - Throws: A `yaml_syntax` problem at the position of the parser.
  func next() throws(DefinitionProblem) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
    defer { yaml_event_delete(&event) }
    var result = Event(kind: .other, position: position(event.start_mark))
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      result.kind = .documentStart
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let plain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      result.kind = .scalar(String(decoding: bytes, as: UTF8.self), plain: plain)
      result.hasAnchor = scalar.anchor != nil
      result.hasTag = scalar.tag != nil
    case YAML_ALIAS_EVENT:
      result.kind = .alias
    case YAML_MAPPING_START_EVENT:
      result.kind = .mappingStart
      result.hasAnchor = event.data.mapping_start.anchor != nil
      result.hasTag = event.data.mapping_start.tag != nil
    case YAML_SEQUENCE_START_EVENT:
      result.kind = .sequenceStart
      result.hasAnchor = event.data.sequence_start.anchor != nil
      result.hasTag = event.data.sequence_start.tag != nil
    case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT:
      result.kind = .collectionEnd
    case YAML_STREAM_END_EVENT, YAML_NO_EVENT:
      result.kind = .streamEnd
    default:
      break
    }
    return result
  }

  private func problem() -> DefinitionProblem {
    let state = parser.pointee
    var text = state.problem.map { String(cString: $0) } ?? "the text cannot be read"
    if let context = state.context { text = "\(String(cString: context)): \(text)" }
    var place = position(state.problem_mark)
    if state.error == YAML_READER_ERROR {
      var counter = PositionCounter()
      place = counter.position(of: Int(state.problem_offset), in: Array(input))
    }
    // libyaml looks ahead and may meet its own bound of 1,000 levels first.
    let isDepth = text.contains("Maximum nesting level")
    return DefinitionProblem(at: place, path: "", code: isDepth ? .limit : .yamlSyntax, text: text)
  }

  private func position(_ mark: yaml_mark_t) -> Document.Position {
    Document.Position(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}
