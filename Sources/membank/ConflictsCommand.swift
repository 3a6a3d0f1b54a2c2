import Control
import FoundationEssentials
import Support
import SyncEngine

/// `membank conflicts`: list, show, resolve.
enum ConflictsCommand {
  static func list(_ directory: String?, json: Bool) throws(ControlError) -> Int32 {
    let reader = try BankReader(Session(quiet: json).setup(directory))
    let conflicts = try reader.conflicts()
    if json {
      Output.json(.array(conflicts.map(\.json)))
    } else if conflicts.isEmpty {
      Output.line("no conflicts")
    } else {
      for conflict in conflicts { Output.line("\(conflict.id)  \(conflict.path)  \(conflict.copy)") }
    }
    return conflicts.isEmpty ? 0 : 1
  }

  static func show(_ name: String, _ directory: String?) throws(ControlError) -> Int32 {
    let reader = try BankReader(Session().setup(directory))
    let matches = try reader.conflicts().filter { [$0.id, $0.path.description, $0.copy.description].contains(name) }
    guard !matches.isEmpty else { throw ControlError(.usage, "\(ResolutionError.unknown(name))") }
    for conflict in matches {
      Output.line("conflict \(conflict.id): \(conflict.path)")
      let standing = try conflict.standing.map { id throws(ControlError) in try reader.blob(id) }
      let aside = try reader.blob(conflict.aside)
      let parts = ConflictPart.parts(of: aside, standing: standing ?? [])
      if parts.isEmpty {
        Output.line("in place (ours):")
        Output.bytes(standing ?? [])
        Output.line("set aside (theirs), \(conflict.copy):")
        Output.bytes(aside)
      } else {
        Output.line("set aside in \(conflict.copy); everything else is merged")
        for part in parts { show(part) }
      }
      Output.line("resolve it: membank conflicts resolve \(conflict.id) --take ours|theirs|both, or --edited FILE")
    }
    return 1
  }

  private static func show(_ part: ConflictPart) {
    let place = part.headings.isEmpty ? "" : ", under \(part.headings)"
    if let standing = part.standing {
      Output.line("in place (ours)\(place):")
      Output.bytes(standing)
    } else {
      Output.line("changed since it was set aside\(place)")
    }
    Output.line("set aside (theirs):")
    Output.bytes(part.aside)
  }

  static func resolve(
    _ name: String, _ directory: String?, take: String?, edited: String?
  ) throws(ControlError) -> Int32 {
    let session = try Session()
    var text: String?
    if let edited {
      guard let data = FileManager.default.contents(atPath: edited) else {
        throw ControlError(.usage, "\(edited): can't be read")
      }
      guard let decoded = String(validating: data, as: UTF8.self) else {
        throw ControlError(.usage, "\(edited): not UTF-8 text")
      }
      text = decoded
    }
    let choice = edited == nil ? take : "edited"
    guard let choice, ["ours", "theirs", "both", "edited"].contains(choice) else {
      throw ControlError(.usage, "say --take ours, --take theirs, --take both, or --edited FILE")
    }
    switch try session.access(directory) {
    case .daemon(let client):
      _ = try BankAccess.ask(
        client,
        ["command": "resolve", "id": .string(name), "take": .string(choice), "text": .optional(text)])
    case .open(let replica):
      do {
        try replica.engine.captureEverything()
        let resolution: Resolution =
          switch choice {
          case "ours": .ours
          case "theirs": .theirs
          case "both": .both
          default: .edited(Array((text ?? "").utf8))
          }
        try ConflictCommand.resolve(name, resolution, replica.engine)
      } catch let error as ControlError {
        throw error
      } catch { throw ControlError(.usage, "\(error)") }
      _ = try SyncOnce.run(replica)
    }
    Output.line("resolved \(name)")
    return ControlError.ExitCode.success.rawValue
  }
}
