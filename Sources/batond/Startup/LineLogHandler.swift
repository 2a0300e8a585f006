internal import BatonCore
internal import Foundation
internal import Logging

/// Writes log lines to standard error, as text or as JSON objects.
struct LineLogHandler: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]
  private let label: String
  private let isJSON: Bool

  init(label: String, isJSON: Bool) {
    self.label = label
    self.isJSON = isJSON
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).rfc3339
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
      .sorted { $0.key < $1.key }
    if isJSON {
      var fields = [
        ("time", time), ("level", event.level.rawValue), ("logger", label),
        ("message", event.message.description),
      ]
      fields += all.map { ($0.key, $0.value.description) }
      let members = fields.map { "\(JSONString.quoted($0.0)):\(JSONString.quoted($0.1))" }
      StandardError.write("{\(members.joined(separator: ","))}")
    } else {
      let pairs = all.map { " \($0.key)=\($0.value)" }.joined()
      StandardError.write(
        "\(time) \(event.level.rawValue.uppercased()) \(label): \(event.message)\(pairs)")
    }
  }
}
