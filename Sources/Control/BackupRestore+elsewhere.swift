import Backup
import FoundationEssentials
import Glibc
import History
public import Support
import SyncEngine

extension BackupRestore {
  /// Restores into an empty directory, which becomes the bank, with all of its versions.
  ///
  /// Interrupted, it is finished by the same command, or by the first `membank sync`.
  ///
  /// - Throws: ``ControlError``.
  public func intoDirectory(_ path: String, _ environment: Environment) throws(ControlError) -> Outcome {
    let isMade = mkdir(path, 0o755) == 0
    guard isMade || errno == EEXIST else { throw ControlError(.usage, "\(SystemError("mkdir", path))") }
    do throws(ControlError) {
      let setup = BankSetup(try BankLocation.canonical(path), environment: environment)
      return try restore(into: setup, remotes: []).outcome
    } catch {
      // Only where nothing came to stand in it.
      if isMade { rmdir(path) }
      throw error
    }
  }

  /// Restores to a remote that lost the bank: what it has of it is merged, and nothing newer is overwritten.
  ///
  /// - Parameters:
  ///   - remote: The name of one of the bank's remotes, or a URL.
  ///   - bank: The bank, where there is one on this machine.
  ///   - environment: What the process was told.
  /// - Returns: What it came to; not a success unless the remote is in sync then.
  /// - Throws: ``ControlError``.
  public func toRemote(
    _ remote: String, of bank: (setup: BankSetup, settings: BackupBank)?, _ environment: Environment
  ) throws(ControlError) -> Outcome {
    var remotes: [RemoteSettings] = []
    var named: [String] = []
    if remote.contains("://") {
      named = [remote]
    } else {
      let configured = try bank.map { bank throws(ControlError) in
        TrustedSettings(try bank.setup.load(), bank.settings.state).configuration.remotes
      }
      guard let settings = configured?.first(where: { $0.name == remote }), settings.url != "embedded" else {
        throw ControlError(.usage, "no remote that somebody else runs is called '\(remote)'; name one, or its URL")
      }
      remotes = [settings]
    }
    let home = environment.stateHome ?? "/tmp"
    let scratch = bank?.settings.notes.scratchDirectory() ?? "\(home)/membank-restore-\(SystemRandom().hex(12))"
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    do {
      try FileManager.default.createDirectory(
        atPath: scratch + "/bank", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw ControlError(.problems, "\(scratch) can't be made: \(error)")
    }
    let setup = BankSetup(
      try BankLocation.canonical(scratch + "/bank"), environment: environment, stateHome: scratch + "/state")
    let (outcome, replica) = try restore(into: setup, remotes: remotes, named: named)
    let pass = try SyncOnce.run(replica)
    guard outcome.code == .success else { return outcome }
    return Outcome(
      report: .object((outcome.report.members ?? []) + [JSONMember("sync", pass.report)]), code: pass.code)
  }

  private func restore(
    into setup: BankSetup, remotes: [RemoteSettings], named: [String] = []
  ) throws(ControlError) -> (outcome: Outcome, replica: Replica) {
    let origin = try origin()
    let state = try setup.stateOfItsOwn(origin.bank, project: origin.project)
    try checkEmpty(setup, state, origin.bank)
    let isNew = access(state.history, F_OK) != 0
    do throws(BackupError) {
      try load(origin.head, into: state.history)
    } catch {
      // What can't be read leaves no bank without versions behind.
      if isNew { try? FileManager.default.removeItem(atPath: state.path) }
      throw ControlError(error)
    }
    if !BankLocation.isBank(setup.directory) {
      _ = try setup.create(project: origin.project, joining: origin.bank, remotes: remotes)
    }
    // It has its history: there is nothing that it would have to wait for.
    do throws(SystemError) { try Opening.noteBirth(state) } catch { throw ControlError(.problems, "\(error)") }
    let request = try request(origin.head, in: state.history)
    guard let replica = try Replica(setup, remotes: named, log: log) else {
      throw ControlError(.problems, "another membank has \(setup.directory)")
    }
    // Another directory may have stood there before; a person has named this one, so it may be written into.
    replica.engine.isElsewhere = false
    do {
      let answer = try RestoreCommand.perform(request, replica.engine)
      replica.root.settle()
      replica.saveTable()
      if let main = replica.engine.main { try replica.engine.history.makeDurable(main) }
      return (outcome(answer, request, .success), replica)
    } catch let error as ControlError {
      throw error
    } catch {
      throw ControlError(.problems, "\(error)")
    }
  }

  /// Nothing may stand there, but for what an interrupted restore of the same bank has left.
  private func checkEmpty(_ setup: BankSetup, _ state: StateDirectory, _ bank: String) throws(ControlError) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: setup.directory)) ?? []
    if names.isEmpty { return }
    if names.contains(Configuration.fileName), try setup.load().bank == bank {
      let history = try? History(opening: state.history)
      let isUnfinished = (try? history?.ref(EngineRef.applying)) ?? nil != nil
      let isUntouched = names == [Configuration.fileName] && ((try? history?.ref(EngineRef.main)) ?? nil) == nil
      if isUnfinished || isUntouched { return }
    }
    throw ControlError(
      .usage,
      "\(setup.directory) is not empty; name a directory that is, or restore into the bank itself, without --into")
  }
}
