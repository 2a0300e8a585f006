internal import BatonCore
internal import BatonStore
internal import BatonWire
internal import Crypto

/// A call of Prune that its request id makes safe to repeat (CT7).
struct RepeatablePrune: Sendable {
  private let key: RequestKey
  private let bodyHash: [UInt8]

  /// Nil: the call brought no id.
  ///
  /// - Throws: INVALID_ARGUMENT `request_id_invalid`.
  init?(_ request: Wire.PruneRequest) throws(BatonError) {
    let id = request.requestID
    guard !id.isEmpty else { return nil }
    guard id.utf8.count <= 128, id.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw BatonError(
        .invalidArgument, "request_id_invalid",
        "a request id has 1 to 128 printable ASCII characters")
    }
    key = RequestKey(scope: "\(Wire.Operations.name)/Prune/\(request.namespace)", id: id)
    // Names hold no slash, so that different bodies are different texts.
    let body = [
      request.namespace, request.application, "\(request.before)", "\(request.keepRuns)",
    ]
    bodyHash = Array(SHA256.hash(data: Array(body.joined(separator: "/").utf8)))
  }

  /// What the first call was answered; nil: this is the first.
  ///
  /// - Throws: ALREADY_EXISTS `request_id_reused` when it had another body.
  func firstAnswer(_ log: any RequestLog) throws -> Wire.PruneResponse? {
    guard let answer = try log.answer(of: key, bodyHash: bodyHash) else { return nil }
    let numbers = String(decoding: answer, as: UTF8.self).split(separator: " ").map { Int($0) }
    guard numbers.count == 2, let runs = numbers[0], let events = numbers[1] else {
      throw StoreError.damaged("the answer of request \(key.id) cannot be read")
    }
    return Wire.PruneResponse(Retention.Removal(runs: runs, events: events))
  }

  /// Keeps the answer of the call.
  func remember(_ removal: Retention.Removal, _ log: any RequestLog) throws {
    try log.remember(
      key, bodyHash: bodyHash, answer: Array("\(removal.runs) \(removal.events)".utf8))
  }
}

extension Wire.PruneResponse {
  /// What was removed.
  init(_ removal: Retention.Removal) {
    self.init(runs: UInt64(removal.runs), events: UInt64(removal.events))
  }
}
