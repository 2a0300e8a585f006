internal import BatonCore
internal import BatonEngine
internal import BatonStore

/// Bounds of retention as settings have them: `100`, `campaign=20`, `sales:campaign=all` (P11).
enum RetentionText {
  /// Why a bound cannot be read.
  struct Problem: Error, Hashable {
    var text: String
  }

  /// What settings say instead of a number to keep everything.
  private static let all = "all"

  /// Reads the parts of a setting; the last of several for the same thing counts.
  ///
  /// - Parameters:
  ///   - parts: Each a number or `all`, for one application with `APP=` or `NS:APP=` in front.
  ///   - most: The greatest number allowed.
  /// - Returns: The bound.
  /// - Throws: `Problem` naming the part at fault.
  static func bound(_ parts: [String], most: Int) throws(Problem) -> RetentionPolicy.Bound {
    var bound = RetentionPolicy.Bound()
    for part in parts {
      guard let sign = part.firstIndex(of: "=") else {
        bound.standard = try number(part, most)
        continue
      }
      let name = try application(String(part[..<sign]))
      bound.applications[name] = .some(try number(String(part[part.index(after: sign)...]), most))
    }
    return bound
  }

  private static func number(_ text: String, _ most: Int) throws(Problem) -> Int? {
    if text == all { return nil }
    guard let number = Int(text), (1...most).contains(number) else {
      throw Problem(text: "`\(text)` is neither \(all) nor a number from 1 to \(most)")
    }
    return number
  }

  private static func application(_ text: String) throws(Problem) -> ApplicationName {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (1...2).contains(parts.count), parts.allSatisfy(Name.isLegal) else {
      throw Problem(text: "`\(text)` names no application")
    }
    return ApplicationName(
      namespace: parts.count == 2 ? parts[0] : "default", name: parts[parts.count - 1])
  }
}
