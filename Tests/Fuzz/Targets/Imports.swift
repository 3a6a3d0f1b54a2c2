import FoundationEssentials
import Support

@testable import History

extension FuzzTarget {
  /// A repository of the user's in which a disk has changed some bytes, and whose past is to be taken over.
  static let imports = FuzzTarget(
    "imports", longest: 128,
    seeds: ["\u{0}\u{1}\u{0}\u{5}\u{0}", "\u{3}\u{2}\u{0}\u{5}", "\u{8}\u{0}\u{1}\u{0}\u{ff}", "\u{5}\u{1}\u{0}"]
  ) { input in
    let scratch = try Scratch()
    let (files, ids) = try damagedRepository(&input)
    for (name, bytes) in files { try scratch.write(bytes, to: "theirs/\(name)") }
    for folder in ["objects/info", "refs/tags"] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/theirs/\(folder)", withIntermediateDirectories: true)
    }
    let ours = try History.create(at: scratch.path + "/ours")
    do {
      let tip = try ours.importPast(fromRepositoryAt: scratch.path + "/theirs", subdirectory: "d") { _ in true }
      guard let tip else { return }
      try hold(try ours.isComplete(tip, trusting: []), "what was taken over is not whole")
      let known = Set(ids.map { ours.store.contains($0) ? $0 : nil })
      for (_, entry) in try ours.files(inTree: ours.commit(tip).tree) {
        try hold(known.contains(entry.blob), "\(entry.blob) is none of theirs")
      }
    } catch let error as HistoryError {
      try holdPrintable(error.description, "the error")
      try hold(try ours.store.files.listLoose().isEmpty, "something was added, and the import failed")
    }
  }
}
