public import Backup
import FoundationEssentials
import Glibc
import RedisTransport
public import Support
public import Upstash

/// A place to look for backups in.
public struct BackupPlace {
  /// The target's name, or what was named on the command line.
  public let name: String
  /// The place.
  public let target: any BackupTarget
  /// The id of the one backup that was named; nil: all of them.
  var only: String?
}

/// A backup and where it was found.
public struct FoundBackup {
  /// The place.
  public let place: BackupPlace
  /// The backup.
  public let backup: Backup

  /// Whether it can be read only with a database that is wiped for it.
  public var lacksDatabase: Bool { place.target.lacksDatabase }

  /// Whether Upstash holds it.
  public var isSnapshot: Bool { place.target is SnapshotTarget }

  /// The object of `--json`.
  public var json: JSONValue {
    .object([JSONMember("target", .string(place.name))] + (backup.json.members ?? []))
  }
}

/// Finds backups: those of a bank's targets, or at a place that somebody names.
public enum BackupSearch {
  /// The places to look in.
  ///
  /// - Parameters:
  ///   - from: A target's name, a directory, a bundle, or the URL of a database; nil: all of the bank's targets.
  ///   - bank: The bank, where there is one on this machine.
  ///   - project: The bank's name, where there is none.
  ///   - scratch: A database that may be wiped to look into a snapshot; nil: there is none.
  ///   - environment: What the process was told.
  ///   - complaint: Is told of a target that can't be opened, where there are others.
  /// - Returns: The places, opened.
  /// - Throws: ``ControlError``.
  public static func places(
    from: String?, of bank: BackupBank?, project: String?, through scratch: ScratchDatabase? = nil,
    environment: Environment, complaint: (String) -> Void
  ) throws(ControlError) -> [BackupPlace] {
    func targets(_ bank: BackupBank, _ names: [String]) throws(BackupError) -> [BackupPlace] {
      try Self.targets(bank, names, scratch, complaint)
    }
    do throws(BackupError) {
      guard let from else {
        guard let bank else { throw BackupError(.settings, "backup", "name the place with --from") }
        return try targets(bank, [])
      }
      if from.contains("://") { return [try copies(at: from, bank, project, environment)] }
      if let bank, bank.settings.targets.contains(where: { $0.name == from }) { return try targets(bank, [from]) }
      guard from.contains("/") || access(from, F_OK) == 0 else {
        guard let bank else { throw BackupError(.missing, from, "no such file or directory") }
        return try targets(bank, [from])
      }
      return [try bundles(at: from, bank)]
    } catch {
      throw ControlError(error)
    }
  }

  private static func targets(
    _ bank: BackupBank, _ names: [String], _ scratch: ScratchDatabase?, _ complaint: (String) -> Void
  ) throws(BackupError) -> [BackupPlace] {
    let targets: [TargetSettings]
    do throws(ControlError) { targets = try bank.targets(names) } catch {
      throw BackupError(.settings, "backup", error.message)
    }
    var places: [BackupPlace] = []
    for target in targets {
      do throws(BackupError) {
        places.append(BackupPlace(name: target.name, target: try bank.open(target, through: scratch)))
      } catch {
        // What is in the others can be had all the same.
        guard targets.count > 1 else { throw error }
        complaint("\(target.name): \(error)")
      }
    }
    return places
  }

  private static func copies(
    at url: String, _ bank: BackupBank?, _ project: String?, _ environment: Environment
  ) throws(BackupError) -> BackupPlace {
    guard let project = project ?? bank?.subject.project else {
      throw BackupError(.settings, "--from", "name the bank that the copies are of with --project")
    }
    let isOwn = bank?.subject.project == project
    let subject = BackupSubject(
      project: project, bank: isOwn ? bank?.subject.bank ?? "" : "", replica: "",
      prefix: bank?.subject.prefix ?? environment.prefix ?? KeyPrefix.standard, documentLimit: 0)
    let place = try BackupBank.place(of: RemoteSettings(name: "", url: url), environment)
    let client = try inRedis { () throws(RedisError) in try BackupBank.connect(place) }
    return BackupPlace(name: client.address, target: CopyTarget(subject, client))
  }

  private static func bundles(at path: String, _ bank: BackupBank?) throws(BackupError) -> BackupPlace {
    let full = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    var isDirectory = false
    let isThere = FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory)
    guard isThere, isDirectory else {
      let manifest = try BundlePlace.manifest(ofFile: full)
      let directory = full.lastIndex(of: "/").map { String(full[..<$0]) } ?? "/"
      return place(directory, manifest, only: BackupStamp.text(manifest.seconds))
    }
    let banks = try BundlePlace.banks(in: full)
    if let own = banks.first(where: { $0.bank == bank?.subject.bank }) { return place(full, own) }
    guard banks.count <= 1 else {
      let names = banks.map { "\($0.project) (\($0.bank.prefix(8)))" }.joined(separator: ", ")
      throw BackupError(.settings, full, "holds backups of several banks: \(names); name one bundle")
    }
    guard let only = banks.first else { throw BackupError(.missing, full, "holds no backup") }
    return place(full, only)
  }

  private static func place(_ directory: String, _ manifest: BackupManifest, only: String? = nil) -> BackupPlace {
    let subject = BackupSubject(
      project: manifest.project, bank: manifest.bank, replica: "", prefix: KeyPrefix.standard, documentLimit: 0)
    let target = BundleTarget(subject, directory: directory, mayMakeDirectory: false)
    return BackupPlace(name: directory, target: target, only: only)
  }

  /// All backups at some places, the newest first; a place that can't be read is told of, unless it is the only one.
  public static func list(_ places: [BackupPlace], complaint: (String) -> Void) throws(ControlError) -> [FoundBackup] {
    var found: [FoundBackup] = []
    for place in places {
      do throws(BackupError) {
        for backup in try place.target.list() where place.only.map({ $0 == backup.id }) ?? true {
          found.append(FoundBackup(place: place, backup: backup))
        }
      } catch {
        guard places.count > 1 else { throw ControlError(error) }
        complaint("\(place.name): \(error)")
      }
    }
    return found.sorted { ($1.backup.seconds, $0.place.name) < ($0.backup.seconds, $1.place.name) }
  }

  /// The backup that a person means.
  ///
  /// - Parameters:
  ///   - name: Its id or the beginning of it, or `latest`; nil: the latest that can be used.
  ///   - found: Those that there are, the newest first.
  ///   - moment: The time that is wanted of it, in seconds since 1970; nil: its own.
  /// - Returns: The backup.
  /// - Throws: ``ControlError`` (usage) when there is none, or several are meant.
  public static func choose(
    _ name: String?, among found: [FoundBackup], at moment: Int64? = nil
  ) throws(ControlError) -> FoundBackup {
    guard let name, name != "latest" else {
      let good = found.filter(\.backup.isGood)
      // Every backup holds all versions before it; the nearest snapshot is the one that is likeliest whole.
      let nearest = moment.flatMap { moment in good.last { $0.isSnapshot && $0.backup.seconds >= moment } }
      // Where none can be used, the newest one says why.
      guard
        let match = good.first(where: { !$0.isSnapshot }) ?? nearest ?? good.first ?? found.first
      else { throw ControlError(.usage, "there is no backup yet; `membank backup create` makes one") }
      return match
    }
    let matches = found.filter { $0.backup.id.hasPrefix(name.uppercased()) }
    guard let first = matches.first else {
      throw ControlError(.usage, "no backup is called '\(name)'; `membank backup list` shows them")
    }
    guard Set(matches.map(\.backup.id)).count == 1 else {
      throw ControlError(
        .usage,
        "'\(name)' begins the names of \(matches.count) backups: "
          + matches.prefix(8).map(\.backup.id).joined(separator: ", "))
    }
    return first
  }
}

extension ControlError {
  /// A failure of a backup, with the exit code that it asks for.
  init(_ error: BackupError) { self.init(Self.exitCode(of: error), "\(error)") }

  /// The exit code that a failure of a backup asks for.
  public static func exitCode(of error: BackupError) -> ExitCode {
    switch error.kind {
    case .settings, .missing, .anotherBank: .usage
    case .upstash(let kind): exitCode(of: kind)
    case .redis(.unreachable), .redis(.timeout), .redis(.closed), .redis(.loading), .redis(.unavailable),
      .redis(.throttled):
      .unreachable
    default: .problems
    }
  }

  /// The exit code that a failure of Upstash's management API asks for.
  public static func exitCode(of kind: UpstashError.Kind) -> ExitCode {
    switch kind {
    case .credentials, .readOnlyKey, .permission, .notFound, .notTheAPI: .usage
    case .refused: .problems
    case .throttled, .unavailable, .unreachable, .untrusted, .unknownOutcome, .cancelled: .unreachable
    }
  }
}
