package import BatonCore

/// A stored version of an application.
package struct ApplicationRecord: Hashable, Sendable {
  package var id: ApplicationVersionID
  package var created: Timestamp
  /// The file as it was deployed.
  package var content: [UInt8]
  /// The compiled model as canonical JSON; equal models have equal bytes (G47).
  package var model: [UInt8]

  package init(id: ApplicationVersionID, created: Timestamp, content: [UInt8], model: [UInt8]) {
    self.id = id
    self.created = created
    self.content = content
    self.model = model
  }
}

/// An application in a list.
package struct ApplicationSummary: Hashable, Sendable {
  package var namespace: String
  package var name: String
  /// The newest version.
  package var version: Int
  /// When the newest version was deployed.
  package var created: Timestamp

  package init(namespace: String, name: String, version: Int, created: Timestamp) {
    self.namespace = namespace
    self.name = name
    self.version = version
    self.created = created
  }
}

package protocol ApplicationReads {
  /// A version of an application; version nil: the newest.
  func application(
    namespace: String, name: String, version: Int?
  ) throws -> ApplicationRecord?
  /// The number of the newest version, without its content; nil: no such application.
  func newestVersion(namespace: String, name: String) throws -> Int?
  /// The number that the next version gets: one more than any that the name ever had.
  func nextVersion(namespace: String, name: String) throws -> Int
  /// The newest version that has a program, or a workflow, of the type under the id (B2.4, B2.5).
  func newestVersion(
    of program: ProgramReference, namespace: String, application: String
  ) throws -> Int?
  /// Applications of a namespace by name, after a name, with a prefix.
  func applications(
    namespace: String, prefix: String, after: String?, limit: Int
  ) throws -> [ApplicationSummary]
  /// Whether anything exists in the namespace (CT8).
  func namespaceExists(_ namespace: String) throws -> Bool
}

package protocol ApplicationWrites {
  /// Stores a version; its number is that of ``ApplicationReads/nextVersion(namespace:name:)``.
  ///
  /// - Parameters:
  ///   - record: The version.
  ///   - programs: Its programs and workflows.
  /// - Throws: UNAVAILABLE `unavailable` while a deleted application of the name is being removed.
  func insertApplication(_ record: ApplicationRecord, programs: [ProgramReference]) throws
}

extension Application {
  /// The programs and the workflows of a version, by which runs are asked for (B2.4).
  package var references: [ProgramReference] {
    programs.map { ProgramReference(type: $0.value.type, id: $0.key) }
      + workflows.keys.map { ProgramReference(type: .workflow, id: $0) }
  }
}
