import Backup
import Control
import Support
import Upstash

/// `membank backup`: create, list, verify, restore, prune, schedule.
struct BackupCommand {
  private let session: Session
  private let progress: ProgressLine
  private let json: Bool
  private let directory: String?

  init(_ directory: String?, json: Bool) throws(ControlError) {
    session = try Session(quiet: json)
    progress = ProgressLine(isQuiet: json)
    self.json = json
    self.directory = directory
  }

  // MARK: - Making

  func create(_ names: [String], due: Bool) throws(ControlError) -> Int32 {
    let setup = try session.setup(directory)
    let bank = try BackupBank(setup)
    let work = BackupWork(bank, watch: progress.watch)
    var targets = try bank.targets(names)
    warnOfPending(bank)
    if due {
      guard targets.contains(where: { $0.schedule != nil }) else {
        throw ControlError(
          .usage, "no backup is scheduled: write schedule = daily below [backup \"NAME\"] in \(setup.markerPath)")
      }
      targets = work.due(targets)
    }
    if !targets.isEmpty {
      try BackupCapture.run(setup, publishes: targets.contains(where: \.kind.isOfMirror), log: session.log)
    }
    var reports: [JSONValue] = []
    var code = ControlError.ExitCode.success
    for target in targets {
      let (report, failure) = make(target, work, due: due)
      if let report { reports.append(report) }
      if let failure, code == .success { code = failure }
    }
    if json {
      Output.json(.members(["backups": .array(reports)]))
    } else if due, reports.isEmpty {
      Output.line("nothing is due")
    }
    return code.rawValue
  }

  private func make(
    _ target: TargetSettings, _ work: BackupWork, due: Bool
  ) -> (report: JSONValue?, failure: ControlError.ExitCode?) {
    defer { progress.clear() }
    do throws(BackupError) {
      let outcome = try work.make(target, isAsked: !due) {
        // A timer doesn't wait for what somebody else is making.
        if !due { session.log.notice("another backup of this bank is being made; waiting for it") }
        return !due
      }
      guard let outcome else { return (nil, nil) }
      progress.clear()
      if !json { Output.line(BackupText.made(target.name, outcome)) }
      if let problem = outcome.pruneProblem {
        session.log.warning("'\(target.name)': old backups could not be removed: \(problem)")
      }
      let removed = outcome.decisions.filter { !$0.isKept }.map { JSONValue.string($0.backup.id) }
      return (
        .object(
          [JSONMember("target", .string(target.name))] + (outcome.backup.json.members ?? []) + [
            JSONMember("removed", .array(removed)), JSONMember("error", .null),
          ]), outcome.pruneProblem == nil ? nil : .problems
      )
    } catch {
      progress.clear()
      Output.error("backup '\(target.name)' failed: \(error)")
      return (
        .members(["target": .string(target.name), "error": .string("\(error)")]), ControlError.exitCode(of: error)
      )
    }
  }

  func prune(_ names: [String], dryRun: Bool) throws(ControlError) -> Int32 {
    let bank = try BackupBank(session.setup(directory))
    let work = BackupWork(bank, watch: progress.watch)
    var reports: [JSONValue] = []
    for target in try bank.targets(names) {
      let decisions: [RetentionDecision]
      do throws(BackupError) {
        decisions = try work.prune(target, isDryRun: dryRun) { true } ?? []
      } catch {
        throw ControlError(ControlError.exitCode(of: error), "backup '\(target.name)': \(error)")
      }
      if json {
        reports += decisions.map { BackupText.json($0, target.name) }
      } else {
        Output.line(BackupText.pruned(target, decisions, dryRun: dryRun))
      }
    }
    if json { Output.json(.members(["dryRun": .bool(dryRun), "backups": .array(reports)])) }
    return ControlError.ExitCode.success.rawValue
  }

  // MARK: - Looking

  func schedule(_ expression: String?) throws(ControlError) -> Int32 {
    if let expression { return try explain(expression) }
    let bank = try BackupBank(session.setup(directory))
    let reports = BackupReport.all(bank)
    if json {
      Output.json(.array(reports))
    } else {
      for report in reports { Output.line(BackupText.scheduled(report)) }
      if reports.isEmpty {
        Output.line("no backup is scheduled: write [backup \"NAME\"], directory and schedule into .membank")
      }
    }
    for warning in bank.settings.warnings { session.log.warning(warning) }
    warnOfPending(bank)
    return reports.contains(where: BackupReport.isTrouble) ? 1 : 0
  }

  private func warnOfPending(_ bank: BackupBank) {
    guard let pending = bank.pending else { return }
    session.log.warning("settings in .membank wait for `membank approve \(pending)`; `membank status` shows them")
  }

  private func explain(_ expression: String) throws(ControlError) -> Int32 {
    let schedule: Schedule
    do throws(ScheduleError) { schedule = try Schedule(parsing: expression) } catch {
      throw ControlError(.usage, "\(error)")
    }
    var moment = SystemClock().wallMilliseconds / 1000
    var times: [JSONValue] = []
    for _ in 0..<5 {
      guard let next = schedule.next(after: moment, local: .here) else { break }
      times.append(.string(Timestamp.text(seconds: next)))
      if !json { Output.line("\(LocalTime.here.civil(at: next).text)  (\(Timestamp.text(seconds: next)))") }
      moment = next
    }
    if json { Output.json(.members(["schedule": .string(schedule.description), "next": .array(times)])) }
    return ControlError.ExitCode.success.rawValue
  }

  func list(from: String?, project: String?) throws(ControlError) -> Int32 {
    let found = try find(from, project, bank(orNil: from != nil))
    if json {
      Output.json(.array(found.map(\.json)))
    } else if found.isEmpty {
      Output.line("no backup yet; `membank backup create` makes one")
    } else {
      for item in found { Output.line(BackupText.listed(item)) }
    }
    return found.contains { !$0.backup.isGood } ? 1 : 0
  }

  /// What `verify` was asked for.
  struct VerifyOptions {
    var name: String?
    var from: String?
    var project: String?
    var into: String?
    var all = false
    var yes = false
  }

  func verify(_ options: VerifyOptions) throws(ControlError) -> Int32 {
    let bank = try bank(orNil: options.from != nil)
    let scratch = try options.into.map { id throws(ControlError) in try scratchDatabase(id, bank, options.yes) }
    var found = try find(options.from, options.project, bank, through: scratch)
    if scratch != nil {
      found = found.filter(\.isSnapshot)
      guard !found.isEmpty else { throw ControlError(.usage, "--into is for snapshots at Upstash, and there are none") }
    }
    let (all, name) = (options.all, options.name)
    let chosen: [FoundBackup]
    if all {
      chosen = found
    } else if name != nil {
      chosen = [try BackupSearch.choose(name, among: found)]
    } else {
      // The newest of each place: what would be used.
      let newest = Dictionary(grouping: found, by: \.place.name).compactMap(\.value.first)
      chosen = newest.sorted { $0.place.name < $1.place.name }
    }
    guard !chosen.isEmpty else {
      throw ControlError(.problems, "there is no backup to verify; `membank backup create` makes one")
    }
    let check = BackupCheck(bank, session.environment, watch: progress.watch)
    var reports: [JSONValue] = []
    var areGood = true
    for item in chosen {
      let (report, isGood) = check.run(item)
      progress.clear()
      reports.append(report)
      areGood = areGood && isGood
      if !json { isGood ? Output.line(BackupText.verified(report)) : Output.error(report["error"]?.text ?? "") }
    }
    if json { Output.json(.array(reports)) }
    return areGood ? 0 : 1
  }

  // MARK: - Going back

  /// What `restore` was asked for.
  struct RestoreOptions {
    var name: String?
    var from: String?
    var project: String?
    var at: String?
    var into: String?
    var to: String?
    var via: String?
    var exact = false
    var dryRun = false
    var yes = false
  }

  func restore(_ options: RestoreOptions) throws(ControlError) -> Int32 {
    let isElsewhere = options.into != nil || options.to != nil
    // The name of a bundle's file is a place, too.
    let isPath = options.from == nil && options.name?.contains("/") == true
    let from = isPath ? options.name : options.from
    let name = isPath ? nil : options.name
    let bank = try bank(orNil: isElsewhere && from != nil)
    let now = SystemClock().wallMilliseconds / 1000
    var moment: Int64?
    if let text = options.at {
      guard let seconds = MomentText.seconds(text, now: now, local: .here) else {
        throw ControlError(.usage, "'\(text)' is no time; write it like one of these: \(MomentText.examples)")
      }
      moment = seconds
    }
    let scratch = try options.via.map { id throws(ControlError) in try scratchDatabase(id, bank, options.yes) }
    let found = try BackupSearch.choose(
      name, among: find(from, options.project, bank, through: scratch), at: moment)
    let restore = BackupRestore(
      found, at: moment, exact: options.exact, watch: progress.watch, log: session.log)
    let outcome = try perform(restore, options, bank)
    progress.clear()
    json ? Output.json(outcome.report) : Output.line(BackupText.restored(outcome.report, into: options.into))
    return outcome.code.rawValue
  }

  private func perform(
    _ restore: BackupRestore, _ options: RestoreOptions, _ bank: BackupBank?
  ) throws(ControlError) -> BackupRestore.Outcome {
    if let path = options.into { return try restore.intoDirectory(path, session.environment) }
    let setup = try bank.map { _ throws(ControlError) in try session.setup(directory) }
    if let remote = options.to {
      return try restore.toRemote(
        remote, of: setup.flatMap { setup in bank.map { (setup, $0) } }, session.environment)
    }
    guard let setup, let bank else { throw ControlError(.usage, "name an empty directory with --into") }
    let preview = try restore.preview(setup, bank)
    progress.clear()
    if options.dryRun { return preview }
    if !json { Output.complaint(BackupText.plan(preview.report) + "\n") }
    return try restore.intoBank(setup, bank)
  }

  /// The bank; nil where there is none and none is needed.
  private func bank(orNil: Bool) throws(ControlError) -> BackupBank? {
    do throws(ControlError) {
      return try BackupBank(session.setup(directory))
    } catch {
      guard orNil, directory == nil else { throw error }
      return nil
    }
  }

  /// The database that a snapshot is to be read through, once a person has agreed that it is wiped.
  private func scratchDatabase(_ id: String, _ bank: BackupBank?, _ yes: Bool) throws(ControlError) -> ScratchDatabase {
    guard let bank else { throw ControlError(.usage, "a database is wiped for a snapshot of a bank: name it with -C") }
    try Confirmation.require(yes, "wipe the database \(id)")
    let scratch = try bank.scratchDatabase(id)
    try Confirmation.ask(
      yes, "wipe the database \(scratch.database) at \(scratch.database.endpoint) and restore a backup into it",
      word: scratch.database.name)
    return scratch
  }

  private func find(
    _ from: String?, _ project: String?, _ bank: BackupBank?, through scratch: ScratchDatabase? = nil
  ) throws(ControlError) -> [FoundBackup] {
    let complain = { session.log.warning($0) }
    let places = try BackupSearch.places(
      from: from, of: bank, project: project, through: scratch, environment: session.environment, complaint: complain)
    return try BackupSearch.list(places, complaint: complain)
  }
}
