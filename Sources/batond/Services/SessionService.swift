internal import BatonCore
internal import BatonStore
internal import BatonWire

/// `baton.admin.v1.Session`: what every server answers about itself.
struct SessionService: Wire.SessionService {
  /// The most data that Ping gives back, in bytes.
  private static let maximumEcho = 1024

  let roles: Set<Role>

  func ping(_ request: Wire.PingRequest, _ call: UnaryCall<Wire.PingResponse>) {
    guard request.data.count <= Self.maximumEcho else {
      return call.fail(
        BatonError(
          .invalidArgument, "limit_invalid",
          "data has \(request.data.count) bytes, Ping takes \(Self.maximumEcho)"))
    }
    call.reply(Wire.PingResponse(data: request.data))
  }

  func getServerInfo(
    _ request: Wire.GetServerInfoRequest, _ call: UnaryCall<Wire.GetServerInfoResponse>
  ) {
    call.reply(
      Wire.GetServerInfoResponse(
        serverVersion: ServerVersion.server, protocolVersion: ServerVersion.protocolVersion,
        schemaVersion: ServerVersion.schema, services: roles.map(\.rawValue).sorted(),
        time: SystemClock().now().milliseconds))
  }
}

/// `baton.admin.v1.Health`: whether the process lives and serves.
struct HealthService: Wire.HealthService {
  let readiness: Readiness
  let store: any Store

  func checkLive(
    _ request: Wire.CheckLiveRequest, _ call: UnaryCall<Wire.CheckLiveResponse>
  ) {
    call.reply(Wire.CheckLiveResponse(state: .serving))
  }

  func checkReady(
    _ request: Wire.CheckReadyRequest, _ call: UnaryCall<Wire.CheckReadyResponse>
  ) {
    call.reply(
      Wire.CheckReadyResponse(
        state: readiness.obstacle(store.health) == nil ? .serving : .notServing))
  }
}
