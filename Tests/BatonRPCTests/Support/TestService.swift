import BatonCore
import BatonWire
import Dispatch
import NIOCore

/// A service that has every kind of method and does what a test needs.
final class TestService: Sendable {
  static let name = "test.v1.Tests"
  static let echo = unary("Echo", isIdempotent: true)
  static let later = unary("Later", isIdempotent: true)
  static let fail = unary("Fail")
  static let wait = unary("Wait")
  static let size = unary("Size")
  static let metadata = unary("Metadata")
  static let who = unary("Who")
  static let silent = unary("Silent")
  static let block = unary("Block")
  static let count = method("Count", .serverStream)
  static let endless = method("Endless", .serverStream)
  static let streamError = method("StreamError", .serverStream)
  static let flood = method("Flood", .serverStream)
  static let largeItem = method("LargeItem", .serverStream)
  static let join = method("Join", .clientStream)
  static let first = method("First", .clientStream)
  static let slowSum = method("SlowSum", .clientStream)
  static let strictJoin = method("StrictJoin", .clientStream)
  static let chat = method("Chat", .bidirectional)
  static let strictChat = method("StrictChat", .bidirectional)
  static let stuck = method("Stuck", .bidirectional)

  /// Sent when a handler that waits has begun.
  let started = Signal()
  /// Sent when a handler that waits was cancelled.
  let cancelled = Signal()
  /// Lets the handlers that wait go on.
  let released = Signal()
  /// Sent for every message of an endless stream.
  let sent = Signal()

  /// Lets a handler go on that blocks its event loop.
  let unblocked = DispatchSemaphore(value: 0)

  private static func unary(_ name: String, isIdempotent: Bool = false) -> MethodDescriptor {
    MethodDescriptor(service: Self.name, method: name, kind: .unary, isIdempotent: isIdempotent)
  }

  private static func method(_ name: String, _ kind: CallKind) -> MethodDescriptor {
    MethodDescriptor(service: Self.name, method: name, kind: kind)
  }

  var definition: ServiceDefinition {
    ServiceDefinition(
      name: Self.name, methods: unaryMethods + serverStreams + clientStreams + bidirectional)
  }

  private var unaryMethods: [MethodHandler] {
    [
      .unary(Self.echo) { (text: Text, call: UnaryCall<Text>) in call.reply(text) },
      .unary(Self.later) { (text: Text, call: UnaryCall<Text>) in
        call.respond {
          await Task.yield()
          return text
        }
      },
      .unary(Self.fail) { (text: Text, call: UnaryCall<Text>) in
        call.fail(BatonError(.notFound, "run_not_found", "no run \(text.value)", hint: "look"))
      },
      .unary(Self.wait) { [self] (text: Text, call: UnaryCall<Text>) in
        call.respond { [self] in
          try await hold()
          return text
        }
      },
      .unary(Self.size) { (text: Text, call: UnaryCall<Text>) in
        call.reply(Text(String(repeating: "x", count: Int(text.value) ?? 0)))
      },
      .unary(Self.metadata) { (text: Text, call: UnaryCall<Text>) in
        let pairs = call.context.metadata.elements.map { "\($0.key)=\($0.value)" }
        call.reply(Text(pairs.joined(separator: ",")))
      },
      .unary(Self.who) { (text: Text, call: UnaryCall<Text>) in
        if !text.value.isEmpty { call.context.adopt(CallIdentity(name: text.value)) }
        call.reply(Text(call.context.identity.name))
      },
      .unary(Self.block) { [unblocked] (text: Text, call: UnaryCall<Text>) in
        let isInTime = unblocked.wait(timeout: .now() + .seconds(10)) == .success
        call.reply(Text(isInTime ? text.value : "late"))
      },
      .unary(Self.silent) { [self] (text: Text, call: UnaryCall<Text>) in started.send() },
    ]
  }

  private var serverStreams: [MethodHandler] {
    [
      .serverStream(Self.count) { (text: Text, call: ServerStreamCall<Text>) in
        call.respond { writer in
          for number in 0..<(Int(text.value) ?? 0) { try await writer.send(Text("\(number)")) }
        }
      },
      .serverStream(Self.endless) { [self] (text: Text, call: ServerStreamCall<Text>) in
        call.respond { [self] writer in
          let item = Text(String(repeating: "y", count: Int(text.value) ?? 1_000))
          started.send()
          do {
            while true {
              try await writer.send(item)
              sent.send()
            }
          } catch {
            cancelled.send()
            throw error
          }
        }
      },
      .serverStream(Self.streamError) { (text: Text, call: ServerStreamCall<Text>) in
        call.respond { writer in
          try await writer.send(text)
          throw BatonError(.aborted, "env_changed", "changed meanwhile")
        }
      },
      // As Endless, but begins when it is released.
      .serverStream(Self.flood) { [self] (text: Text, call: ServerStreamCall<Text>) in
        call.respond { [self] writer in
          let item = Text(String(repeating: "y", count: Int(text.value) ?? 1_000))
          try await hold()
          while true { try await writer.send(item) }
        }
      },
      .serverStream(Self.largeItem) { (text: Text, call: ServerStreamCall<Text>) in
        call.respond { writer in
          try await writer.send(Text("first"))
          try await writer.send(Text(String(repeating: "x", count: Int(text.value) ?? 0)))
        }
      },
    ]
  }

  private var clientStreams: [MethodHandler] {
    [
      .clientStream(Self.join) { (items: MessageStream<Text>, _) -> Text in
        var words: [String] = []
        for try await item in items { words.append(item.value) }
        return Text(words.joined(separator: ","))
      },
      // Answers with the first item, however many follow.
      .clientStream(Self.first) { (items: MessageStream<Text>, _) -> Text in
        for try await item in items { return item }
        throw BatonError(.notFound, "key_not_found", "there was no item")
      },
      // Counts bytes, but takes nothing before it is released.
      .clientStream(Self.slowSum) { [self] (items: MessageStream<Text>, _) -> Text in
        try await hold()
        let sum = try await items.reduce(0) { $0 + $1.value.utf8.count }
        return Text("\(sum)")
      },
      .clientStream(Self.strictJoin) { (items: MessageStream<Text>, _) -> Text in
        for try await item in items { try Self.check(item) }
        return Text("good")
      },
    ]
  }

  private var bidirectional: [MethodHandler] {
    [
      .bidirectional(Self.chat) {
        [self]
        (items: MessageStream<Text>, writer: MessageWriter<Text>, _) in
        do {
          for try await item in items {
            try await writer.send(item)
            sent.send()
          }
        } catch {
          cancelled.send()
          throw error
        }
      },
      .bidirectional(Self.strictChat) {
        (items: MessageStream<Text>, writer: MessageWriter<Text>, _) in
        for try await item in items {
          try Self.check(item)
          try await writer.send(item)
        }
      },
      .bidirectional(Self.stuck) { [self] (_: MessageStream<Text>, _: MessageWriter<Text>, _) in
        try await hold()
      },
    ]
  }

  private static func check(_ item: Text) throws {
    if item.value == "bad" { throw BatonError(.aborted, "env_changed", "changed meanwhile") }
  }

  private func hold() async throws {
    started.send()
    await withTaskCancellationHandler {
      await released.wait()
    } onCancel: {
      cancelled.send()
    }
    try Task.checkCancellation()
  }
}
