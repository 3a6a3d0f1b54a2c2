import Support
public import SyncEngine

/// Resolving conflicts by name, for the daemon and for a command that holds the lock itself.
public enum ConflictCommand {
  /// How to resolve, from a request's fields.
  static func resolution(_ body: JSONValue) throws(ControlError) -> Resolution {
    switch body["take"]?.text {
    case "ours": return .ours
    case "theirs": return .theirs
    case "both": return .both
    case "edited":
      guard let text = body["text"]?.text else { throw ControlError(.usage, "no text was given") }
      return .edited(Array(text.utf8))
    default: throw ControlError(.usage, "take ours, theirs, both, or an edited file")
    }
  }

  /// Resolves the conflict of that id, or the only one of that path.
  public static func resolve(_ name: String, _ resolution: Resolution, _ engine: Engine) throws {
    let matches = engine.conflicts.filter {
      $0.id == name || $0.path.description == name || $0.copy.description == name
    }
    guard matches.count <= 1 else {
      throw ControlError(.usage, "\(name) has \(matches.count) conflicts; name one by its id")
    }
    guard let conflict = matches.first else { throw ResolutionError.unknown(name) }
    try engine.resolve(conflict, resolution)
  }
}
