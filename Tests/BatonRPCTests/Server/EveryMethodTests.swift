import BatonCore
import BatonRPC
import BatonWire
import Logging
import NIOCore
import Testing

/// WI-11, FR17: what the decoding of every request of the contract refuses, against raw bytes.
@Suite(.timeLimit(.minutes(2))) struct EveryMethodTests {
  private static let files = Result { try ProtoFiles() }

  /// The contract's messages are nested as deep as this, the outermost included; servers take 32.
  private static let deepestRequest = 8

  @Test("the protos read here are the contract that is served")
  func contract() throws {
    let files = try Self.files.get()
    let read = Set(files.methods.map { "\($0.service).\($0.name)" })
    let served = Set(Wire.services.flatMap { $0.methods.map { "\($0.service).\($0.method)" } })
    #expect(read == served)
    #expect(files.methods.allSatisfy { files.messages[$0.request] != nil })
    #expect(Set(Nothing().definitions.map(\.name)) == Set(Wire.services.map(\.name)))
  }

  @Test("FR17 no request contains itself, so none is nested deeper than servers take")
  func acyclic() throws {
    let files = try Self.files.get()
    for method in files.methods {
      #expect(
        files.texts(of: method.request, depth: Self.deepestRequest) != nil, "\(method.request)")
    }
  }

  @Test("FR17 every text of every request: ill-formed UTF-8 and U+0000 are invalid_text")
  func texts() async throws {
    let files = try Self.files.get()
    var checked = 0
    try await withContract { peer in
      for method in files.methods {
        for path in files.texts(of: method.request, depth: Self.deepestRequest) ?? [] {
          let field = path.map(\.name).joined(separator: ".")
          for (text, reason) in [
            ([0x61], "unknown_method"), ([0xff], "invalid_text"), ([0xc0, 0x80], "invalid_text"),
            ([0xed, 0xa0, 0x80], "invalid_text"), ([0], "invalid_text"),
            ([0x61, 0, 0x62], "invalid_text"),
          ] as [([UInt8], String)] {
            let answer = try await call(peer, method, Self.payload(path, text))
            #expect(
              answer.hasPrefix("\(reason): "), "\(method.name) \(field) \(text): \(answer)")
            if reason == "invalid_text" {
              #expect(answer.contains(" \(field) of \(method.request) "), "\(answer)")
            }
          }
          checked += 1
        }
      }
    }
    #expect(checked > 300)
  }

  @Test("WI-11 every request: repeated empties and unknown fields are message_too_costly")
  func costs() async throws {
    let files = try Self.files.get()
    try await withContract { peer in
      for method in files.methods {
        let fields = files.messages[method.request] ?? []
        let messages = fields.filter { $0.map != nil || files.isMessage($0.type) }
        let empties = messages.map { Self.tag($0.number) + [0] }
        // A field that no message has.
        for element in empties + [Self.tag(2_000) + [0]] {
          let payload = Array(repeatElement(element, count: 65_536 / element.count).joined())
          let answer = try await call(peer, method, payload)
          #expect(answer.hasPrefix("message_too_costly: "), "\(method.name): \(answer)")
        }
      }
    }
  }

  @Test(
    "WI-11 every request: nested lengths, open groups and cut-off fields do no harm")
  func nesting() async throws {
    let files = try Self.files.get()
    try await withContract { peer in
      for method in files.methods {
        for number in 1...16 {
          var nested: [UInt8] = [0xff]
          for _ in 0..<500 { nested = Self.field(number, nested) }
          let answer = try await call(peer, method, nested)
          let reasons = [
            // A field of this number that has no text and no message keeps any bytes.
            "unknown_method", "invalid_text", "malformed_message", "message_too_deep",
            "message_too_costly",
          ]
          #expect(reasons.contains { answer.hasPrefix("\($0): ") }, "\(method.name): \(answer)")
        }
        let group = [UInt8](repeating: 0x0b, count: 10_000)
        for payload in [group, [0x0a], [0x0a, 0x7f], [0x08], [0xff, 0xff]] {
          let answer = try await call(peer, method, payload)
          #expect(answer.hasPrefix("malformed_message: "), "\(method.name): \(answer)")
        }
      }
    }
  }

  // MARK: Parts

  /// Serves the whole contract with methods that do nothing.
  private func withContract(_ body: (RawPeer) async throws -> Void) async throws {
    var options = RPCServerOptions(endpoints: [.tcp(host: "127.0.0.1", port: 0)])
    options.eventLoops = 1
    let server = RPCServer(options: options, services: Nothing().definitions)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      let peer = try await RawPeer.connect(to: try await server.boundEndpoints()[0])
      try await body(peer)
      await peer.close()
      server.stop()
      try await group.waitForAll()
    }
  }

  private func call(
    _ peer: RawPeer, _ method: ProtoFiles.Method, _ payload: [UInt8]
  ) async throws -> String {
    let descriptor = MethodDescriptor(
      service: method.service, method: method.name, kind: .unary)
    var request = ByteBuffer()
    try request.writeRequest(
      id: 1, flags: method.answersWithStream ? .done : [], method: descriptor,
      timeoutNanoseconds: 0, metadata: [], payload: ByteBuffer(bytes: payload))
    try await peer.send(request)
    let response = try #require(try await peer.receiveResponse())
    let codes: [String: Int32] = ["unknown_method": 12, "message_too_costly": 8]
    let reason = String(response.text.prefix { $0 != ":" })
    #expect(response.code == codes[reason] ?? 3, "\(method.name): \(response.text)")
    return response.text
  }

  private static func payload(_ path: ProtoFiles.Path, _ text: [UInt8]) -> [UInt8] {
    path.reversed().reduce(text) { field($1.number, $0) }
  }

  private static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
    tag(number) + varint(content.count) + content
  }

  private static func tag(_ number: Int) -> [UInt8] { varint(number << 3 | 2) }

  private static func varint(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
  }
}

/// All services, with no method available.
private struct Nothing: Wire.AccessService, Wire.HealthService, Wire.KeysService,
  Wire.NotificationsService, Wire.OperationsService, Wire.SessionService, Wire.EngineService,
  Wire.SchedulerService, Wire.TokenStoreService, Wire.WorkersService
{
  var definitions: [ServiceDefinition] {
    [
      (self as any Wire.AccessService).definition, (self as any Wire.HealthService).definition,
      (self as any Wire.KeysService).definition,
      (self as any Wire.NotificationsService).definition,
      (self as any Wire.OperationsService).definition,
      (self as any Wire.SessionService).definition, (self as any Wire.EngineService).definition,
      (self as any Wire.SchedulerService).definition,
      (self as any Wire.TokenStoreService).definition,
      (self as any Wire.WorkersService).definition,
    ]
  }
}
