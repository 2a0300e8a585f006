package import BatonCore
internal import Foundation

/// The canonical form of a compiled application: JSON with sorted keys.
///
/// Two files with the same model have the same bytes, whatever their comments, order of maps or
/// format (G47).
package enum ApplicationModel {
  /// The canonical bytes of a model.
  package static func encode(_ application: Application) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(application))
  }

  /// The model with these canonical bytes.
  package static func decode(_ bytes: [UInt8]) throws -> Application {
    try JSONDecoder().decode(Application.self, from: Data(bytes))
  }
}
