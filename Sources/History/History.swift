import CGit2
import CLinux
import Glibc
import Support

/// The versions of a bank: a bare git repository of our own, which plain git reads.
///
/// No configuration, hook, alternate or attribute of the user's or the system's comes into what is written
/// here. One value belongs to one thread; several may be open on one repository.
public final class History {
  /// The repository's absolute path.
  public let directory: String
  let store: ObjectStore
  var references: any RefKeeping
  let graph: CommitGraph
  let changes: ChangeIndex
  /// How many entries a listing may have; lower in tests.
  var entryLimit = TreeWalk.maximumEntries
  /// The last tree that was listed, since the next one differs from it in a file or two.
  var listing: (tree: ObjectID, files: [BankPath: TreeEntry])?

  /// Opens a repository that ``create(at:)`` made.
  ///
  /// - Throws: ``HistoryError`` of kind `missing` when there is none.
  public init(opening directory: String) throws(HistoryError) {
    guard Disk.facts(directory + "/HEAD") != nil, Disk.facts(directory + "/objects")?.isDirectory == true else {
      throw HistoryError(
        kind: .missing, operation: "open history", operand: directory, code: ENOENT, message: "is not a repository")
    }
    try Self.checkFormat(directory)
    self.directory = directory
    store = ObjectStore(try ObjectDirectory(directory + "/objects"))
    references = RefStore(directory: directory)
    graph = CommitGraph(store)
    changes = ChangeIndex()
  }

  /// A history whose objects and refs are kept elsewhere than in a repository on a disk.
  ///
  /// `name` stands for the path in messages.
  package init(objects: any ObjectKeeping, refs: any RefKeeping, name: String) {
    directory = name
    store = ObjectStore(objects)
    references = refs
    graph = CommitGraph(store)
    changes = ChangeIndex()
  }

  /// Makes an empty repository, or completes one whose making was interrupted, or opens one that is there.
  public static func create(at directory: String) throws(HistoryError) -> History {
    for folder in ["objects/pack", "objects/info", "refs/heads", "refs/tags", "info"] {
      try Disk.makeDirectory("\(directory)/\(folder)")
    }
    if Disk.facts(directory + "/config") == nil {
      try Disk.writeWhole(Array(configuration.utf8), to: directory + "/config")
    }
    // git takes a directory without HEAD for no repository: it comes last.
    if Disk.facts(directory + "/HEAD") == nil {
      try Disk.writeWhole(Array("ref: refs/heads/main\n".utf8), to: directory + "/HEAD")
      try Disk.synchronise(directory)
    }
    return try History(opening: directory)
  }

  /// Refuses what a newer git or a newer membank keeps in a way that this one would misread.
  private static func checkFormat(_ directory: String) throws(HistoryError) {
    try Library.start()
    var opened: OpaquePointer?
    // A configuration that a power cut has torn says nothing of the format, and nothing else of it is used.
    guard git_config_open_ondisk(&opened, directory + "/config") == 0, let opened else { return }
    defer { git_config_free(opened) }
    for (name, newest) in [("core.repositoryformatversion", 0), ("membank.schema", schema)] {
      var value: Int32 = 0
      guard git_config_get_int32(&value, opened, name) == 0, value > newest else { continue }
      throw HistoryError(
        kind: .unusable, operation: "open history", operand: directory, code: 0,
        message: "\(name) is \(value), this membank reads up to \(newest); update membank")
    }
  }

  /// How we lay out what is ours in the repository, and the newest layout that is read.
  private static let schema: Int32 = 1

  /// What git must know when someone runs it here; we ourselves read no setting but the format's version.
  private static let configuration = """
    [core]
    \trepositoryformatversion = 0
    \tfilemode = true
    \tbare = true
    \tautocrlf = false
    \tlogAllRefUpdates = false
    \thooksPath = /dev/null
    [gc]
    \tauto = 0
    [maintenance]
    \tauto = false
    [transfer]
    \tfsckObjects = true
    [membank]
    \tschema = \(schema)

    """

  /// The same for a body that fails in no other way than the history does.
  public func bulk<T>(_ body: () throws(HistoryError) -> T) throws(HistoryError) -> T {
    store.beginBulk()
    do throws(HistoryError) {
      let result = try body()
      try store.endBulk(keeping: true)
      return result
    } catch {
      try? store.endBulk(keeping: false)
      throw error
    }
  }

  /// Writes what the body writes into one pack instead of loose objects: for thousands of files at once.
  ///
  /// The objects can be read at once; a ref that is moved inside finds them in place. When the body throws,
  /// what it wrote since the last ref it moved is gone.
  public func bulk<T>(_ body: () throws -> T) throws -> T {
    store.beginBulk()
    do {
      let result = try body()
      try store.endBulk(keeping: true)
      return result
    } catch {
      try? store.endBulk(keeping: false)
      throw error
    }
  }
}
