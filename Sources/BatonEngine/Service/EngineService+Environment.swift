internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Changes the environment of a tree of runs, and nothing else (RE74).
  package func updateEnv(
    _ request: Wire.UpdateEnvRequest, _ call: UnaryCall<Wire.UpdateEnvResponse>
  ) {
    respond(to: call) {
      let change = EnvChange(request.change)
      let origin = try Self.origin(of: request, request.note, call.context)
      try origin.checkForm()
      try change.checkForm()
      return try await self.change(
        request, request.run, call.context
      ) { (tree, run, now) throws(BatonError) in
        var origin = origin
        origin.time = now
        var plan = CallPlan(envRevision: 0)
        plan.edits = try tree.update(run, change, by: origin)
        plan.envRevision = tree.environment.revision
        return OrderAnswer(tree, run, plan)
      } answer: {
        let plan = Wire.Plan($0, isDryRun: false)
        return Wire.UpdateEnvResponse(envRevision: plan.envRevision, changes: plan.changes)
      }
    }
  }

  /// The environment of a tree of runs as of a revision (RE10).
  package func getEnv(_ request: Wire.GetEnvRequest, _ call: UnaryCall<Wire.GetEnvResponse>) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      let revision = request.revision == 0 ? nil : Int(request.revision)
      return try await engine.store.readAsync { reader in
        let root = try reader.run(locator).header.root
        guard let newest = try reader.environment(of: root),
          let environment = try reader.environment(of: root, at: revision)
        else {
          throw BatonError(
            .notFound, "env_revision_not_found",
            "the environment of run \(root) has no revision \(request.revision)")
        }
        let setIn = try reader.revisions(of: root, settingNamesUpTo: environment.revision)
        let secret = newest.secret
        return Wire.GetEnvResponse(
          revision: UInt32(clamping: environment.revision),
          entries: environment.values.sorted { $0.key < $1.key }.map { name, value in
            Wire.EnvEntry(
              name: name, value: secret.contains(name) ? RunEnvironment.mask : value,
              secret: secret.contains(name), setIn: UInt32(clamping: setIn[name] ?? 1))
          })
      }
    }
  }

  /// Revisions of the environment of a tree of runs, newest first (RE15).
  package func listEnvRevisions(
    _ request: Wire.ListEnvRevisionsRequest, _ call: UnaryCall<Wire.ListEnvRevisionsResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      let empty = try PageFill<Wire.EnvRevision>(size: request.pageSize)
      let place = try PageToken.decode(
        request.pageToken, kind: "env", request.run?.runID ?? "")
      let before = try place.map { (text) throws(BatonError) in
        guard let number = Int(text) else { throw PlaceToken.invalid }
        return number
      }
      return try await engine.store.readAsync { reader in
        let root = try reader.run(locator).header.root
        let secret = try reader.environment(of: root)?.secret ?? []
        let revisions = try reader.envRevisions(of: root, before: before, limit: empty.size + 1)
        var page = empty
        var response = Wire.ListEnvRevisionsResponse()
        for (index, revision) in revisions.enumerated()
        where !page.admits(Wire.EnvRevision(revision, secret: secret)) {
          response.nextPageToken = PageToken.encode(
            "\(revisions[index - 1].number)", kind: "env", request.run?.runID ?? "")
          break
        }
        response.revisions = page.elements
        return response
      }
    }
  }
}

extension TreeReads {
  /// The newest revision that set each name, among those up to a number.
  fileprivate func revisions(
    of root: RunID, settingNamesUpTo number: Int
  ) throws -> [String: Int] {
    var setIn: [String: Int] = [:]
    var before = number + 1
    while before > 1 {
      let page = try envRevisions(of: root, before: before, limit: 1000)
      for revision in page {
        for edit in revision.edits where edit.old != edit.new && setIn[edit.name] == nil {
          setIn[edit.name] = revision.number
        }
      }
      guard let last = page.last else { break }
      before = last.number
    }
    return setIn
  }
}

extension RunEnvironment {
  /// What is shown instead of a secret value (RE16).
  static let mask = "***"
  /// The shortest secret value that is hidden where it is part of other text (SR83).
  private static let minimumHiddenBytes = 6

  /// The values as people read them.
  var shown: [String: String] { shown(hiding: secret) }

  /// The values as people read them, when further names are secret by now.
  func shown(hiding secret: Set<String>) -> [String: String] {
    guard !secret.isEmpty else { return values }
    var shown = values
    for name in secret where shown[name] != nil { shown[name] = Self.mask }
    return shown
  }

  /// Secret values that are hidden wherever they appear, longest first.
  func hiddenTexts(_ secret: Set<String>) -> [String] {
    secret.compactMap { values[$0] }.filter { $0.utf8.count >= Self.minimumHiddenBytes }
      .sorted { $0.utf8.count > $1.utf8.count }
  }
}

extension String {
  /// The text with everything in it that is secret hidden.
  func hiding(_ texts: [String]) -> String {
    texts.reduce(self) { $0.replacing($1, with: RunEnvironment.mask) }
  }
}

extension Wire.EnvRevision {
  init(_ revision: BatonCore.EnvRevision, secret: Set<String>) {
    self.init(
      number: UInt32(clamping: revision.number), time: revision.time.milliseconds,
      principal: revision.principal, requestID: revision.requestID,
      call: Wire.EnvCall(revision.call), runID: revision.run.description, note: revision.note,
      changes: revision.edits.map { Wire.EnvEdit($0, secret: secret) })
  }
}

extension Wire.EnvEdit {
  /// An altered name; values of secret ones are hidden (RE16).
  init(_ edit: BatonCore.EnvEdit, secret: Set<String>) {
    let isSecret = edit.isSecret || secret.contains(edit.name)
    let shown = { (value: String?) in value.map { isSecret ? RunEnvironment.mask : $0 } }
    self.init(
      name: edit.name, op: edit.new == nil ? .unset : .set, old: shown(edit.old),
      new: shown(edit.new), secret: isSecret)
  }
}
