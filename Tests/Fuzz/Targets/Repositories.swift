import FoundationEssentials
import Support

@testable import History

extension FuzzTarget {
  /// A sound repository in which a disk has changed some bytes.
  static let repositories = FuzzTarget(
    "repositories", longest: 128,
    seeds: ["\u{0}\u{1}\u{0}\u{5}\u{0}", "\u{3}\u{2}\u{0}\u{5}", "\u{8}\u{0}\u{1}\u{0}\u{ff}"]
  ) { input in
    let scratch = try Scratch()
    let (files, ids) = try damagedRepository(&input)
    for (name, bytes) in files { try scratch.write(bytes, to: "h/\(name)") }
    for folder in ["objects/info", "refs/tags"] {
      try FileManager.default.createDirectory(atPath: "\(scratch.path)/h/\(folder)", withIntermediateDirectories: true)
    }
    let directory = scratch.path + "/h"
    do {
      let history = try History(opening: directory)
      // What reads without repairing: it finds the object, or says that it is damaged.
      for id in ids { try read(id, history) }
      for line in try history.repair(thorough: true) { try holdPrintable(line, "the report") }
      let main = try history.ref(History.mainRef)
      if let main {
        try hold(try history.isComplete(main, trusting: []), "main is not whole after the repair")
        _ = try history.files(inTree: history.commit(main).tree)
      }
      // It can go on from there, and a second repair has nothing to do.
      let blob = try history.writeBlob([9])
      let tree = try history.writeTree(from: nil, changes: [(BankPath("new.md"), TreeEntry(blob: blob))])
      let author = Signature(name: "a", email: "a", seconds: 1)
      let next = try history.writeCommit(
        tree: tree, parents: main.map { [$0] } ?? [], author: author, committer: author, message: "next")
      try history.setRef(History.mainRef, to: next, expecting: main)
      let again = try History(opening: directory).repair(thorough: true)
      try hold(again.isEmpty, "there was still something to repair: \(again)")
    } catch let error as HistoryError {
      // A newer format is refused, by its name; HEAD or a directory may be gone.
      try hold(error.kind == .unusable || error.kind == .missing, "\(error)")
    }
  }

  private static func read(_ id: ObjectID, _ history: History) throws {
    do {
      let object = try history.store.read(id)
      try hold(ObjectText.id(object.kind, object.bytes) == id, "\(id) is another object")
    } catch let error as HistoryError {
      // A damaged index may also have libgit2 ask for more memory than there is.
      try hold([.missing, .damaged, .git].contains(error.kind) && error.operand == id.description, "\(error)")
    }
  }

  /// The files of a sound repository after the changes that an input says, and the objects that it had.
  static func damagedRepository(_ input: inout FuzzInput) throws -> (files: [String: [UInt8]], ids: [ObjectID]) {
    var (files, ids) = try sound.get()
    let names = files.keys.sorted()
    while !input.isEmpty {
      guard let name = input.one(of: names) else { break }
      damage(&files[name, default: []], &input)
    }
    return (files, ids)
  }

  private static func damage(_ bytes: inout [UInt8], _ input: inout FuzzInput) {
    let kind = input.byte() % 5
    let place = bytes.isEmpty ? 0 : input.number(below: min(bytes.count, 65_536))
    switch kind {
    case 0: if place < bytes.count { bytes[place] = input.byte() }
    case 1: bytes.removeLast(bytes.count - place)
    case 2: bytes = [UInt8](repeating: 0, count: bytes.count)
    case 3: bytes.insert(contentsOf: input.take(Int(input.byte() % 16)), at: min(place, bytes.count))
    // From the end, where packs and indexes have what matters most.
    default: if place < bytes.count { bytes[bytes.count - 1 - place] ^= input.byte() }
    }
  }

  /// Some commits, of which part is packed and part is loose.
  private static let sound = Result { try makeSound() }

  private static func makeSound() throws -> (files: [String: [UInt8]], ids: [ObjectID]) {
    let scratch = try Scratch()
    let history = try History.create(at: scratch.path + "/h")
    var parent: ObjectID?
    for number in 1...4 {
      let author = Signature(name: "a", email: "a", seconds: Int64(number))
      let commit = {
        let blob = try history.writeBlob(Array("text \(number)\n".utf8))
        let tree = try history.writeTree(
          from: parent.map { try history.commit($0).tree },
          changes: [(BankPath("d/\(number % 2).md"), TreeEntry(blob: blob))])
        return try history.writeCommit(
          tree: tree, parents: parent.map { [$0] } ?? [], author: author, committer: author, message: "\(number)")
      }
      parent = number < 3 ? try history.bulk(commit) : try commit()
    }
    guard let parent else { throw Broken(description: "no commit") }
    try history.forceRef(History.mainRef, to: parent)
    try history.forceRef("refs/remotes/r/main", to: parent)
    var ids: [ObjectID] = []
    try Reachability(history.store, history.graph).visit(from: [parent], excluding: []) { object in
      ids.append(object.id)
      return true
    }
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: scratch.path + "/h") {
      if let data = FileManager.default.contents(atPath: "\(scratch.path)/h/\(name)") { files[name] = Array(data) }
    }
    return (files, ids)
  }
}
