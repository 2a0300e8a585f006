internal import BatonWire
internal import NIOCore
internal import Synchronization

/// What a connection does when its peer is behind, or too much is buffered.
extension ServerConnectionHandler {
  /// Stops reading until the server says that there is room (SR103, SR104).
  func pause() {
    guard pausedSince == nil else { return }
    pausedSince = .now()
    if decoder.isInsideFrame { setAlarm(.now() + options.progressTimeout.timeAmount) }
  }

  func endPause() {
    guard pausedSince != nil else { return }
    pausedSince = nil
    resume()
    flush()
  }

  /// When a connection has to be closed whose frame cannot end, because all together hold too much
  /// and most of what this one holds is the frame; nil: its handlers or its peer make room.
  var endOfPatience: NIODeadline? {
    guard let pausedSince, decoder.isInsideFrame,
      decoder.bufferedBytes * 2 > connection.bufferedBytes
    else { return nil }
    return pausedSince + options.progressTimeout.timeAmount
  }

  /// Notes that the channel holds more than it should.
  func beginStall() {
    stalledSince = .now()
    connection.channelBytes.store(unsentChannelBytes, ordering: .relaxed)
    setAlarm(.now() + lookInterval)
  }

  /// Looks whether the peer has taken anything (SR105).
  ///
  /// - Returns: When to look again; nil: it has not for too long.
  func nextLookAtStall() -> NIODeadline? {
    let bytes = unsentChannelBytes
    if bytes < connection.channelBytes.load(ordering: .relaxed) {
      stalledSince = now
      connection.channelBytes.store(bytes, ordering: .sequentiallyConsistent)
      server.bytesLeft()
    }
    guard let stalledSince, now < stalledSince + options.stalledWriteTimeout.timeAmount else {
      return nil
    }
    return now + lookInterval
  }

  private var lookInterval: TimeAmount { (options.stalledWriteTimeout / 4).timeAmount }

  private var unsentChannelBytes: Int {
    guard let options = context?.channel.syncOptions else { return 0 }
    return (try? options.getOption(.bufferedWritableBytes)) ?? 0
  }
}
