public import Support

/// A reason to look at something again; it never says what happened to it.
public enum WatchHint: Sendable, Hashable {
  /// Closed after writing, or its permissions changed.
  case written(BankPath)
  /// Made or modified, and perhaps still open.
  case changing(BankPath)
  /// Renamed into view; `from` is its old name where that was in view too and not ignored.
  case movedIn(BankPath, from: BankPath?)
  /// Deleted or renamed out of view.
  case removed(BankPath)
  /// Look at everything below; nil is the whole bank.
  case directory(BankPath?)
}

/// What came since the last time.
public struct WatchReport: Sendable {
  /// What to look at, in the order in which it was seen.
  public var hints: [WatchHint] = []
  /// Whether events were lost; the hints then ask for the whole bank.
  public var overflowed = false
  /// Whether the root was renamed, deleted, unmounted or replaced: nothing more will come from this watcher.
  public var rootLost = false
  /// Whether something happened to the bank's marker, `.membank` in the root.
  public var markerTouched = false
  /// What has newly gone wrong with watching.
  public var problem: WatchProblem?

  /// A report of nothing.
  public init() {}
}

/// How a watcher sees changes.
public enum WatchMode: Hashable, Sendable {
  /// All by events.
  case events
  /// By events, except in these directories and below them: they must be looked at from time to time.
  case partial(unwatched: [BankPath], limit: WatchLimit)
  /// Events come for some changes at most: everything must be looked at from time to time.
  case polling(reason: String)
}

/// Something that keeps a watcher from seeing all.
public enum WatchProblem: Hashable, Sendable, CustomStringConvertible {
  /// A limit of the kernel.
  case limit(WatchLimit)
  /// A failed call.
  case failed(SystemError)

  /// What is wrong, and what helps.
  public var description: String {
    switch self {
    case .limit(let limit): limit.description
    case .failed(let error): error.description
    }
  }
}

/// A limit of the kernel on inotify.
public struct WatchLimit: Hashable, Sendable, CustomStringConvertible {
  /// The sysctl.
  public let name: String
  /// Its present value, where that can be read.
  public let value: Int?

  static let watches = WatchLimit(name: "fs.inotify.max_user_watches")
  static let instances = WatchLimit(name: "fs.inotify.max_user_instances")

  init(name: String) {
    self.name = name
    let path = "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 })
    value = readSmallFile(path).flatMap { Int(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
  }

  /// The command that raises it, to be run by an administrator.
  public var command: String {
    let wanted = max(value ?? 0, name.hasSuffix("watches") ? 262_144 : 512) * 2
    return "sudo sysctl \(name)=\(wanted)"
  }

  /// The limit, its value and the command that raises it.
  public var description: String {
    "the limit \(name) (\(value.map(String.init) ?? "unknown")) is reached; '\(command)' raises it"
  }
}
