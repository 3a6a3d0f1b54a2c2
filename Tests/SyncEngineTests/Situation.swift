import FoundationEssentials
import Glibc
import History
import Support
import SyncEngine
import Testing

/// What stands at a name in a small world.
enum Thing: Hashable, Sendable, ExpressibleByStringLiteral {
  /// A file with this text.
  case file(String)
  /// A file that may be executed.
  case program(String)
  /// A directory with nothing in it.
  case emptyDirectory
  /// A symbolic link to this.
  case link(String)
  /// A named pipe.
  case pipe

  init(stringLiteral text: String) { self = .file(text) }

  /// The text of a file.
  var text: String? {
    switch self {
    case .file(let text), .program(let text): text
    case .emptyDirectory, .link, .pipe: nil
    }
  }
}

/// What stands in a directory, by path; directories with something in them go without saying.
typealias World = [String: Thing]

/// What two replicas had in common, what became of it on each, and what both must come to.
///
/// What happens `there` happens later.
struct Situation: Sendable, CustomTestStringConvertible {
  let name: String
  /// What both had when they last met; nil: they meet for the first time.
  let base: World?
  let here: World
  let there: World
  /// What stands in the directory here at the end.
  let end: World
  /// What stands there, where it isn't the same: empty directories, pipes and links stay where they are.
  let endThere: World
  /// Where something stands in the way of what the other side did, it waits here until that is gone.
  let waitsHere: Bool
  var testDescription: String { name }

  init(
    _ name: String, base: World? = [:], here: World, there: World, end: World, endThere: World? = nil,
    waitsHere: Bool = false
  ) {
    // A directory that loses its only file is a case of its own.
    let rest: World = base == nil ? [:] : ["kept.md": "kept\n", "kept/too.md": "kept, too\n"]
    let with = { (world: World) in world.merging(rest) { one, _ in one } }
    self.name = name
    self.base = base.map(with)
    self.here = with(here)
    self.there = with(there)
    self.end = with(end)
    self.endThere = with(endThere ?? end)
    self.waitsHere = waitsHere
  }
}

/// The name of the copy of a version that lost its place.
func copy(of name: String, _ text: String) -> String {
  let id = ObjectID.blob(of: Array(text.utf8)).short(8)
  guard let dot = name.lastIndex(of: ".") else { return "\(name).conflict-\(id)" }
  return "\(name[..<dot]).conflict-\(id)\(name[dot...])"
}

extension TestReplica {
  /// What stands in the directory.
  var world: World {
    get throws {
      var world: World = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: bankPath) {
        let path = "\(bankPath)/\(name)"
        var status = stat()
        guard lstat(path, &status) == 0 else { continue }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
          let text = read(name) ?? ""
          world[name] = status.st_mode & 0o100 == 0 ? .file(text) : .program(text)
        case S_IFLNK: world[name] = .link(try FileManager.default.destinationOfSymbolicLink(atPath: path))
        case S_IFIFO: world[name] = .pipe
        default:
          if try FileManager.default.contentsOfDirectory(atPath: path).isEmpty { world[name] = .emptyDirectory }
        }
      }
      return world
    }
  }

  /// Makes the directory hold exactly this, touching nothing that is so already.
  func become(_ wanted: World) throws {
    for (name, thing) in try world where wanted[name] != thing {
      // A file that is only edited stays the same file.
      if case .file? = wanted[name], case .file = thing { continue }
      try remove(name)
    }
    try removeEmptyDirectories(except: wanted)
    let present = try world
    for (name, thing) in wanted where present[name] != thing {
      let path = "\(bankPath)/\(name)"
      let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      switch thing {
      case .file(let text): try write(name, text)
      case .program(let text):
        try write(name, text)
        chmod(path, 0o755)
      case .emptyDirectory: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      case .link(let target): try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
      case .pipe: #expect(mkfifo(path, 0o644) == 0)
      }
    }
    #expect(try world == wanted)
  }

  private func removeEmptyDirectories(except wanted: World) throws {
    while let name = try world.first(where: { $0.value == .emptyDirectory && wanted[$0.key] != $0.value })?.key {
      try remove(name)
    }
  }

  /// Every text that the history holds in some version.
  var texts: Set<String> {
    get throws {
      guard let tip = engine.tip else { return [] }
      var texts: Set<String> = []
      for id in try engine.history.walk(from: [tip], excluding: [], limit: nil) {
        for entry in try engine.history.files(inTree: engine.history.commit(id).tree).values {
          texts.insert(String(decoding: try engine.history.blob(entry.blob), as: UTF8.self))
        }
      }
      return texts
    }
  }
}
