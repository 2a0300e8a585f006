/// What an executor owes an attempt; each is tried again on its own.
enum ProgramWork: Hashable, Sendable {
  /// To launch it, to take it up, or to gather what it left.
  case run
  /// To end its processes.
  case kill
}
