internal import BatonCore

extension RunEnvironment {
  /// Revision 1, as the root's header has it: no name is known to be secret (RE14).
  init(_ root: RunHeader) {
    self.init(values: root.env)
  }

  /// Goes on to a later revision, or learns what is secret of revision 1 (RE13, RE16).
  mutating func apply(_ edits: [EnvEdit], revision: Int) {
    self.revision = revision
    for edit in edits {
      if edit.isSecret { secret.insert(edit.name) }
      if revision > 1 { values[edit.name] = edit.new }
    }
  }
}

extension EnvRevision {
  /// Revision 1, as far as the root's header tells (RE15).
  init(firstOf root: RunHeader) {
    self.init(
      root: root.id, number: 1, time: root.created, principal: root.principal, call: .trigger,
      run: root.id,
      edits: root.env.sorted { $0.key < $1.key }.map {
        EnvEdit(name: $0.key, old: nil, new: $0.value)
      })
  }
}
