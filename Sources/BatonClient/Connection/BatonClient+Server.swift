public import BatonCore
internal import BatonWire

/// Versions of a server.
public struct ServerInfo: Sendable, Hashable {
  /// The version of Baton, such as `1.0.0`.
  public var serverVersion: String
  /// The version of the contract, such as `v1`.
  public var protocolVersion: String
  /// The version of the database schema.
  public var schemaVersion: Int
  /// The version of the time zone database, such as `2026a`.
  public var timeZoneVersion: String?
  /// The full names of the services served there.
  public var services: [String]
  /// The server's clock.
  public var time: Timestamp
}

extension BatonClient {
  /// Sends data to the server and back.
  ///
  /// - Parameter data: At most 1,024 bytes.
  /// - Returns: The same data.
  /// - Throws: INVALID_ARGUMENT `limit_invalid`.
  @discardableResult
  public func ping(_ data: [UInt8] = []) async throws -> [UInt8] {
    try await session.ping(Wire.PingRequest(data: data)).data
  }

  /// Reads the versions of the server.
  public func serverInfo() async throws -> ServerInfo {
    let wire = try await session.getServerInfo(Wire.GetServerInfoRequest())
    return ServerInfo(
      serverVersion: wire.serverVersion, protocolVersion: wire.protocolVersion,
      schemaVersion: Int(wire.schemaVersion), timeZoneVersion: wire.timeZoneVersion.nonEmpty,
      services: wire.services, time: Timestamp(milliseconds: wire.time))
  }
}
