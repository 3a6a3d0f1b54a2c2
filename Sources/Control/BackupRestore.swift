public import Backup
import Bank
import FoundationEssentials
import Glibc
import History
public import Support
import SyncEngine

/// Restoring a backup: into its bank, into an empty directory, or to a remote.
public struct BackupRestore {
  let found: FoundBackup
  let moment: Int64?
  let exact: Bool
  let watch: BackupWatch
  let log: Log

  /// What a restore came to.
  public struct Outcome: Sendable {
    /// The object of `--json`.
    public let report: JSONValue
    /// The exit code.
    public let code: ControlError.ExitCode
  }

  /// A restore.
  ///
  /// - Parameters:
  ///   - found: The backup.
  ///   - moment: The time that the bank is to be as at, in seconds since 1970; nil: as in the backup.
  ///   - exact: Whether files that the version doesn't have are to go.
  ///   - watch: How it is told of.
  ///   - log: Where to say what is noticed.
  public init(_ found: FoundBackup, at moment: Int64?, exact: Bool, watch: BackupWatch, log: Log) {
    self.found = found
    self.moment = moment
    self.exact = exact
    self.watch = watch
    self.log = log
  }

  /// Restores into the bank, as a new version.
  ///
  /// - Throws: ``ControlError``; the bank is as it was then.
  public func intoBank(_ setup: BankSetup, _ bank: BackupBank) throws(ControlError) -> Outcome {
    let head = try headOfBank(bank)
    do throws(BackupError) {
      // Nobody may prune the backup meanwhile, or take it for scratch.
      _ = try bank.notes.alone(whenBusy: { true }) { () throws(BackupError) in
        try load(head, into: bank.state.history)
      }
    } catch {
      throw ControlError(error)
    }
    let request = try request(head, in: bank.state.history)
    switch try BankAccess.find(setup, log: log) {
    case .daemon(let client):
      let answer = try BankAccess.ask(client, RestoreCommand.body(request))
      return outcome(answer, request, .success)
    case .open(let replica):
      let answer: JSONValue
      do { answer = try RestoreCommand.perform(request, replica.engine) } catch let error as ControlError {
        throw error
      } catch { throw ControlError(.problems, "\(error)") }
      replica.saveTable()
      let pass = try SyncOnce.run(replica)
      return outcome(answer, request, pass.code)
    }
  }

  /// What restoring into the bank would do; nothing is written but scratch.
  public func preview(_ setup: BankSetup, _ bank: BackupBank) throws(ControlError) -> Outcome {
    let head = try headOfBank(bank)
    let scratch = bank.notes.scratchDirectory()
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let place: String
    do throws(BackupError) {
      place = isKnown(head, in: bank.state.history) ? bank.state.history : "\(scratch)/history.git"
      try load(head, into: place)
    } catch {
      throw ControlError(error)
    }
    let request = try request(head, in: place)
    let configuration = TrustedSettings(try setup.load(), bank.state).configuration
    let rules = IgnoreRules(patterns: configuration.ignore, include: configuration.include)
    do throws(HistoryError) {
      let source = try History(opening: place)
      let version = try source.files(inTree: source.commit(request.version).tree)
      let files = try filesOfBank(bank)
      let missing = files.keys.filter { access("\(bank.directory)/\($0)", F_OK) != 0 }
      func visible(_ files: [BankPath: TreeEntry]) -> [BankPath: TreeEntry] {
        files.filter { !rules.ignores($0.key, isDirectory: false) }
      }
      let plan = RestorePlan(
        visible(version), over: visible(files), missing: Set(missing), exact: exact)
      return outcome(.members(["plan": plan.json, "complete": true, "dryRun": true]), request, .success)
    } catch {
      throw ControlError(.problems, "\(error)")
    }
  }

  private func filesOfBank(_ bank: BackupBank) throws(HistoryError) -> [BankPath: TreeEntry] {
    let history = try History(opening: bank.state.history)
    guard let main = try history.ref(EngineRef.main) else { return [:] }
    return try history.files(inTree: history.commit(main).tree)
  }

  private func headOfBank(_ bank: BackupBank) throws(ControlError) -> ObjectID {
    let origin = try origin()
    guard origin.bank == bank.subject.bank else {
      throw ControlError(
        .usage,
        "\(found.backup.place) is a backup of another bank (\(origin.project), \(origin.bank)), not of "
          + "\(bank.directory) (\(bank.subject.bank)). To see what it holds, restore it with --into an empty directory")
    }
    return origin.head
  }

  func origin() throws(ControlError) -> BackupOrigin {
    do throws(BackupError) { return try found.place.target.origin(of: found.backup, watch) } catch {
      throw ControlError(error)
    }
  }

  private func isKnown(_ head: ObjectID, in path: String) -> Bool {
    guard let history = try? History(opening: path) else { return false }
    return history.contains(head) && (try? history.isComplete(head, trusting: [])) == true
  }

  /// Has a backup's versions in a history, checked; one that has them already is left alone.
  func load(_ head: ObjectID, into path: String) throws(BackupError) {
    if isKnown(head, in: path) { return }
    let history: History
    do throws(HistoryError) { history = try History.create(at: path) } catch { throw BackupError(error, in: path) }
    try found.place.target.load(found.backup, into: history, watch)
  }

  /// What the engine is asked to do.
  func request(_ head: ObjectID, in path: String) throws(ControlError) -> RestoreRequest {
    let local = LocalTime.here
    let backup = local.civil(at: found.backup.seconds).text
    var version = head
    var subject = "Restore the backup of \(backup)"
    if let moment {
      version = try self.version(at: moment, below: head, in: path)
      subject = "Restore the version of \(local.civil(at: moment).text) from the backup of \(backup)"
    }
    let now = SystemClock().wallMilliseconds / 1000
    return RestoreRequest(
      version: version, head: head, exact: exact, subject: subject,
      checkpoint: "\(BackupStamp.text(now))-before-restore")
  }

  private func version(at moment: Int64, below head: ObjectID, in path: String) throws(ControlError) -> ObjectID {
    let local = LocalTime.here
    let begin: Int64
    do throws(HistoryError) {
      let history = try History(opening: path)
      if let version = try PointInTime.version(at: moment, below: head, in: history) { return version }
      let first = try history.walk(from: [head], excluding: [], limit: nil).last
      begin = try first.map { id throws(HistoryError) in try history.commit(id).committer.seconds } ?? 0
    } catch {
      throw ControlError(.problems, "\(error)")
    }
    throw ControlError(
      .usage,
      "the versions in this backup begin at \(local.civil(at: begin).text); there is nothing as old as "
        + "\(local.civil(at: moment).text). An older backup may have it: `membank backup list`")
  }

  func outcome(_ answer: JSONValue, _ request: RestoreRequest, _ code: ControlError.ExitCode) -> Outcome {
    let isComplete = answer["complete"]?.bool == true
    let report = JSONValue.object(
      [JSONMember("backup", found.json), JSONMember("version", .string(request.version.description))]
        + (answer.members ?? []))
    return Outcome(report: report, code: isComplete ? code : .problems)
  }
}
