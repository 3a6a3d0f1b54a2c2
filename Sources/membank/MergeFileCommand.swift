import FoundationEssentials
import MarkdownMerge
import Support

/// `membank merge-file`: what git's command of that name does, for Markdown.
enum MergeFileCommand {
  /// As git's: a file could not be read or written.
  private static let failed: Int32 = 255
  /// As git's: so many conflicts, or more.
  private static let mostConflicts = 127

  static func run(_ line: Invocation) throws -> Int32 {
    let names = ["BASE", "OURS", "THEIRS"].map { line.argument($0) ?? "" }
    var texts: [[UInt8]] = []
    for name in names {
      guard let data = FileManager.default.contents(atPath: name) else {
        Output.error("\(name): can't be read")
        return failed
      }
      texts.append(Array(data))
    }
    var markers = ConflictMarkers(
      ours: line.value("ours-name") ?? names[1], base: line.value("base-name") ?? names[0],
      theirs: line.value("theirs-name") ?? names[2])
    if let text = line.value("marker-size") {
      guard let size = Int(text), (1...1000).contains(size) else {
        throw UsageError("--marker-size takes a number from 1 to 1000")
      }
      markers.size = size
    }
    markers.showsBase = line.flag("diff3")
    let result = FileMerge.merge(
      base: texts[0], ours: texts[1], theirs: texts[2], favor: try favor(line), markers: markers)
    guard let text = result.text else {
      // As git does with what is no text; a driver that fails would end the merge of all files.
      Output.error("\(names[1]): left as it is: \(reason(result.refusal))")
      return 1
    }
    if !line.flag("quiet"), result.conflicts > 0 {
      let why = result.refusal.map { " (\(reason($0)))" } ?? ""
      Output.error("\(names[1]): \(result.conflicts) \(result.conflicts == 1 ? "conflict" : "conflicts")\(why)")
    }
    if line.flag("stdout") {
      Output.bytes(text)
    } else if text != texts[1] {
      do {
        // Through a link to the file that it names, which stays the same file to whoever else has it open.
        try Data(text).write(to: URL(filePath: names[1]))
      } catch {
        Output.error("\(names[1]): can't be written: \(error)")
        return failed
      }
    }
    return Int32(min(result.conflicts, mostConflicts))
  }

  private static func favor(_ line: Invocation) throws -> FileMerge.Favor {
    let chosen: [(String, FileMerge.Favor)] = [("ours", .ours), ("theirs", .theirs), ("union", .both)]
    let given = chosen.filter { line.flag($0.0) }
    guard given.count < 2 else { throw UsageError("--ours, --theirs and --union exclude each other") }
    return given.first?.1 ?? .neither
  }

  private static func reason(_ refusal: MergeOutcome.Refusal?) -> String {
    switch refusal {
    case .notText, nil: "not UTF-8 text"
    case .tooLarge: "over a megabyte"
    case .tooComplex: "too deeply nested, or too many blocks"
    case .tooDifferent: "the versions differ too much to be compared"
    case .writtenAnew: "one side wrote all of it anew"
    case .movedIntoEachOther, .readsOtherwise, .losesLines: "what came out was not to be trusted"
    }
  }
}
