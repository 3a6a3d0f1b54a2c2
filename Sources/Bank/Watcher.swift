internal import CLinux
import Glibc
package import Support

/// Sees changes in a bank's directory, through inotify.
///
/// Directories are watched first and listed then, so that nothing made in between is missed. It belongs to one thread.
public final class Watcher {
  /// Becomes readable when there is something to ``drain()``.
  public let descriptor: Int32
  private let root: String
  private var rules: IgnoreRules
  private let files: any FileSystem
  private let identity: RootIdentity
  private let eventlessReason: String?
  // One of the two: the second is never readable and stands in where no instance could be had.
  private var inotify: (any EventSource)?
  private var standIn: Descriptor?
  private var tree: WatchTree
  // A deleted directory sends no event of its own while anybody, as the bank does, has it open: its parent's tells.
  private var parentWatch: Int32?
  private var unwatched: Set<BankPath> = []
  private var limit: WatchLimit?
  private var queued = WatchReport()
  private var moves = PendingMoves()
  // What a walk comes by, while that is wanted: the files of a moved directory had other names.
  private var filesBelow: [BankPath]?
  // For tests: as if the kernel allowed no more watches than this.
  private let budget: Int

  private static let maximumHints = 10_000
  private static let maximumReads = 64

  /// Watches the directory at `root` and everything below it that the rules don't ignore.
  ///
  /// Limits of the kernel don't make it fail: see ``mode``.
  /// - Throws: `ENOENT`, `ENOTDIR` or `EACCES` for the root.
  public convenience init(root: String, rules: IgnoreRules) throws(BankError) {
    try self.init(root: root, rules: rules, budget: .max)
  }

  package convenience init(root: String, rules: IgnoreRules, budget: Int) throws(BankError) {
    let files: LinuxFileSystem
    let events: Result<any EventSource, SystemError>
    do throws(SystemError) { files = try LinuxFileSystem(root: root) } catch { throw BankError(error) }
    do throws(SystemError) { events = .success(try Inotify()) } catch { events = .failure(error) }
    try self.init(
      root: root, rules: rules, budget: budget, files: files, eventlessReason: EventlessFileSystems.reason(path: root),
      events: events)
  }

  /// A watcher of a directory in some file system; the simulator brings both.
  package init(
    root: String, rules: IgnoreRules, budget: Int = .max, files: any FileSystem, eventlessReason: String? = nil,
    events: Result<any EventSource, SystemError>
  ) throws(BankError) {
    self.root = root
    self.rules = rules
    self.budget = budget
    self.files = files
    do throws(SystemError) { identity = try files.rootIdentity() } catch { throw BankError(error) }
    var eventlessReason = eventlessReason
    do throws(SystemError) {
      let inotify = try events.get()
      tree = WatchTree(root: try inotify.add(root, isRoot: true))
      parentWatch = root == "/" ? nil : inotify.addForDepartures(root + "/..")
      descriptor = inotify.number
      self.inotify = inotify
    } catch {
      let limit: WatchLimit
      switch error.code {
      case EMFILE, ENFILE: limit = .instances
      case ENOSPC: limit = .watches
      default: throw BankError(error)
      }
      guard let standIn = Descriptor(eventfd(0, Int32(EFD_CLOEXEC))) else {
        throw BankError(error, advice: limit.description)
      }
      eventlessReason = limit.description
      queued.problem = .limit(limit)
      tree = WatchTree(root: -1)
      descriptor = standIn.number
      self.standIn = consume standIn
    }
    self.eventlessReason = eventlessReason
    watch(below: nil, tree.root)
  }

  /// How changes are seen at present.
  public var mode: WatchMode {
    if let eventlessReason { return .polling(reason: eventlessReason) }
    if unwatched.isEmpty { return .events }
    return .partial(unwatched: unwatched.sorted(), limit: limit ?? .watches)
  }

  /// The number of directories that are watched.
  public var watchCount: Int { inotify == nil ? 0 : tree.count }

  /// Takes what has come, without waiting.
  ///
  /// The kernel queues an event before the call that caused it returns: after a drain everything is known that was
  /// written before it.
  public func drain() -> WatchReport {
    var report = queued
    queued = WatchReport()
    moves.begin()
    var reads = 0
    while reads < Self.maximumReads, let events = inotify?.read(), !events.isEmpty {
      for event in events { take(event, &report) }
      reads += 1
    }
    moves.resolve(&report.hints)
    if report.overflowed { rewatch() }
    // Where more is waiting than is taken at once, everything is known to be stale all the same.
    if report.overflowed || report.hints.count > Self.maximumHints || reads == Self.maximumReads {
      report.hints = [.directory(nil)]
    }
    if let problem = queued.problem {
      report.problem = problem
      queued.problem = nil
    }
    if !report.rootLost { report.rootLost = (try? files.rootIdentity()) != identity }
    return report
  }

  /// Watches by other rules from now on; the next ``drain()`` asks for a look at everything.
  public func updateRules(_ rules: IgnoreRules) {
    guard rules != self.rules else { return }
    self.rules = rules
    rewatch()
    queued.hints.append(.directory(nil))
  }

  /// Walks the whole tree again and makes the watches fit it; those that a limit refused are tried again.
  public func rewatch() {
    guard inotify != nil else { return }
    guard (try? files.rootIdentity()) == identity else { return }
    let old = tree
    tree = WatchTree(root: old.root)
    unwatched = []
    limit = nil
    watch(below: nil, tree.root)
    for watch in old.watches where !tree.contains(watch) { inotify?.remove(watch) }
  }

  /// Stops watching and closes the descriptor.
  public func close() {
    inotify = nil
    standIn = nil
  }

  // MARK: Events

  private func take(_ event: WatchEvent, _ report: inout WatchReport) {
    if event.has(IN_Q_OVERFLOW) {
      report.overflowed = true
      return
    }
    // A watch that is no longer in the tree: its directory was given up, and looked at after that if it came back.
    guard let directory = tree.path(of: event.watch) else { return }
    let isRoot = event.watch == tree.root
    if event.has(IN_UNMOUNT) || event.has(IN_IGNORED) || (event.name.isEmpty && isRoot) {
      takeSelf(event, isRoot, directory, &report)
      return
    }
    guard !event.name.isEmpty else { return }
    if IgnoreRules.isSilent(event.name) {
      if isRoot && event.name == Array(".membank".utf8) { report.markerTouched = true }
      return
    }
    let prefix = directory.isEmpty ? [] : directory + [UInt8(ascii: "/")]
    let bytes = prefix + event.name
    guard !rules.ignoresEntry(bytes, nameStart: prefix.count, isDirectory: event.isDirectory) else { return }
    guard let path = try? BankPath(bytes) else {
      // It can't be named in a hint, but it is to be reported.
      append(.directory(try? BankPath(directory)), &report)
      return
    }
    if event.isDirectory { takeDirectory(event, path, &report) } else { takeFile(event, path, &report) }
  }

  private func takeSelf(_ event: WatchEvent, _ isRoot: Bool, _ directory: [UInt8], _ report: inout WatchReport) {
    if isRoot {
      if event.has(IN_ATTRIB) && (try? files.rootIdentity()) == identity {
        append(.directory(nil), &report)
      } else {
        report.rootLost = true
      }
      return
    }
    for watch in tree.remove(event.watch) where watch != event.watch { inotify?.remove(watch) }
    // Deleted (which its parent tells too) or unmounted.
    if let path = try? BankPath(directory) { append(.directory(path), &report) }
  }

  private func takeDirectory(_ event: WatchEvent, _ path: BankPath, _ report: inout WatchReport) {
    if event.has(IN_MOVED_FROM) || event.has(IN_DELETE) {
      // Should it turn up elsewhere in the bank, it is watched and looked at anew.
      for watch in tree.remove(childOf: event.watch, event.name) { inotify?.remove(watch) }
      unwatched = unwatched.filter { !$0.isInside(path) }
      if event.has(IN_MOVED_FROM) { moves.leave(path, event.cookie, at: nil) }
    } else {
      filesBelow = event.has(IN_MOVED_TO) ? [] : nil
      watch(path, in: event.watch, event.name)
      if event.has(IN_MOVED_TO), let old = moves.arrive(event.cookie) {
        for file in filesBelow ?? [] {
          guard let from = try? BankPath(old.bytes + file.bytes[path.bytes.count...]) else { continue }
          report.hints.append(.movedIn(file, from: from))
        }
      }
      filesBelow = nil
    }
    append(.directory(path), &report)
  }

  private func takeFile(_ event: WatchEvent, _ path: BankPath, _ report: inout WatchReport) {
    if event.has(IN_MOVED_FROM) {
      moves.leave(path, event.cookie, at: report.hints.count)
      report.hints.append(.removed(path))
    } else if event.has(IN_MOVED_TO) {
      report.hints.append(.movedIn(path, from: moves.arrive(event.cookie)))
    } else if event.has(IN_DELETE) {
      append(.removed(path), &report)
    } else if event.has(IN_CLOSE_WRITE) || event.has(IN_ATTRIB) {
      append(.written(path), &report)
    } else {
      append(.changing(path), &report)
    }
  }

  private func append(_ hint: WatchHint, _ report: inout WatchReport) {
    if report.hints.last != hint { report.hints.append(hint) }
  }

  // MARK: Watches

  private func watch(_ path: BankPath, in parent: Int32, _ name: [UInt8]) {
    guard inotify != nil else { return }
    unwatched.remove(path)
    let watch: Int32
    do throws(SystemError) {
      guard tree.count < budget else { throw SystemError("inotify_add_watch", path.description, code: ENOSPC) }
      watch = try inotify?.add(root + "/" + path.description, isRoot: false) ?? -1
    } catch {
      switch error.code {
      case ENOSPC, ENOMEM:
        unwatched.insert(path)
        if limit == nil {
          let reached = WatchLimit.watches
          limit = reached
          queued.problem = .limit(reached)
        }
      // Gone again; or unreadable, and then its parent tells when that changes.
      case ENOENT, ENOTDIR, ELOOP, EACCES: break
      default: queued.problem = .failed(error)
      }
      return
    }
    guard let gone = tree.put(watch, in: parent, name) else { return }
    for old in gone { inotify?.remove(old) }
    self.watch(below: path, watch)
  }

  private func watch(below directory: BankPath?, _ watch: Int32) {
    guard let entries = try? files.list(directory) else { return }
    let prefix = directory.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
    for (name, kind) in entries where kind == .directory || (kind == .file && filesBelow != nil) {
      let bytes = prefix + name
      let isDirectory = kind == .directory
      guard !IgnoreRules.isSilent(name), !rules.ignoresEntry(bytes, nameStart: prefix.count, isDirectory: isDirectory),
        let path = try? BankPath(bytes)
      else { continue }
      if isDirectory { self.watch(path, in: watch, name) } else { filesBelow?.append(path) }
    }
  }
}

/// Halves of renames, which the kernel tells one after the other.
private struct PendingMoves {
  private var current: [UInt32: (path: BankPath, index: Int?)] = [:]
  private var previous: [UInt32: BankPath] = [:]
  private var superseded: Set<Int> = []

  /// A half may have been read in the last drain, the other half now.
  mutating func begin() {
    previous = current.mapValues(\.path)
    current = [:]
    superseded = []
  }

  // `index` is where the hint of a removal stands that is to go if the other half comes.
  mutating func leave(_ path: BankPath, _ cookie: UInt32, at index: Int?) { current[cookie] = (path, index) }

  mutating func arrive(_ cookie: UInt32) -> BankPath? {
    if let half = current.removeValue(forKey: cookie) {
      if let index = half.index { superseded.insert(index) }
      return half.path
    }
    return previous.removeValue(forKey: cookie)
  }

  /// Takes out the removals that turned out to be renames.
  func resolve(_ hints: inout [WatchHint]) {
    guard !superseded.isEmpty else { return }
    hints = hints.indices.filter { !superseded.contains($0) }.map { hints[$0] }
  }
}
