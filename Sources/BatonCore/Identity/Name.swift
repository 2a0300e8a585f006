/// The form of names: `[A-Za-z0-9_.-]{1,128}`, not starting with `.` or `-` (G2).
package enum Name {
  /// The greatest length in bytes.
  package static let maximumLength = 128

  /// Whether the text is a legal name of a namespace, application, program, workflow, schedule,
  /// queue, receiver, key or secret.
  package static func isLegal(_ text: String) -> Bool {
    isLegal(text, dots: true)
  }

  /// Whether the text is a legal name of a node: as every name, but without `.`.
  package static func isLegalNode(_ text: String) -> Bool {
    isLegal(text, dots: false)
  }

  private static func isLegal(_ text: String, dots: Bool) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= maximumLength else { return false }
    guard first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
    return bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      case UInt8(ascii: "."): dots
      default: false
      }
    }
  }
}

/// A workflow of an application in a namespace.
public struct WorkflowID: Hashable, Sendable, Codable {
  /// The namespace; `default` unless a user says otherwise.
  public var namespace: String
  /// The application's name.
  public var application: String
  /// The workflow's name within the application.
  public var workflow: String

  /// A workflow by its three names, taken as they are.
  public init(namespace: String, application: String, workflow: String) {
    self.namespace = namespace
    self.application = application
    self.workflow = workflow
  }
}

extension WorkflowID: CustomStringConvertible {
  /// `namespace:application/workflow`.
  public var description: String { "\(namespace):\(application)/\(workflow)" }
}

/// A version of an application in a namespace.
package struct ApplicationVersionID: Hashable, Sendable {
  package var namespace: String
  package var application: String
  package var version: Int

  package init(namespace: String, application: String, version: Int) {
    self.namespace = namespace
    self.application = application
    self.version = version
  }
}
