internal import BatonCore
internal import BatonExec
internal import BatonStore
internal import BatonWire
internal import Logging

extension EngineService {
  /// Answers a call with what an operation gives; failures as `answer(to:_:)` says.
  func respond<Response: Message>(
    to call: UnaryCall<Response>, _ operation: @escaping @Sendable () async throws -> Response
  ) {
    let context = call.context
    call.respond {
      do {
        return try await operation()
      } catch {
        throw answer(to: error, context)
      }
    }
  }

  /// Answers a call with a stream; failures as `answer(to:_:)` says.
  func respond<Item: Message>(
    to call: ServerStreamCall<Item>,
    _ operation: @escaping @Sendable (MessageWriter<Item>) async throws -> Void
  ) {
    let context = call.context
    call.respond { writer in
      do {
        try await operation(writer)
      } catch {
        throw answer(to: error, context)
      }
    }
  }

  func answer(to error: any Error, _ context: any ServerContext) -> any Error {
    engine.answer(to: error, context)
  }
}

extension Engine {
  /// What a call answers for an error, which is logged when it is the server's own fault.
  func answer(to error: any Error, _ context: any ServerContext) -> any Error {
    if error is CancellationError { return error }
    let answer = (error as? StoreError)?.answer ?? BatonError(anyError: error)
    if answer.code == .internal {
      logger.error(
        "a call failed",
        metadata: ["method": "\(context.method.method)", "error": "\(answer.cause ?? answer)"])
    }
    return answer
  }
}
