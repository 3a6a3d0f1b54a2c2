import Mirror
public import Support
import SyncEngine

/// `membank join`: makes a directory a replica of a bank that a remote already holds.
public enum Joining {
  /// Finds the bank, writes the marker, and takes what the bank has.
  ///
  /// - Throws: ``ControlError``: unreachable when no remote can be asked, usage when none holds such a bank.
  public static func run(
    _ setup: BankSetup, project: String, remotes: [String], log: Log
  ) throws(ControlError) -> SyncOnce.Outcome {
    let bank = try identity(setup, project, remotes)
    if BankLocation.isBank(setup.directory) {
      let present = try setup.load()
      guard present.bank == bank else {
        throw ControlError(
          .usage,
          "\(setup.directory) is another bank (\(present.bank ?? "unknown")). To join \(project) with its files, "
            + "move \(setup.markerPath) away first; its history stays where it is")
      }
      if !remotes.isEmpty, present.remotes.isEmpty {
        log.notice("\(setup.markerPath) names no remote: later commands need --remote or REDIS_URL again")
      }
    } else {
      try mark(setup, project, bank, remotes, log)
    }
    guard let replica = try Replica(setup, remotes: remotes, log: log) else {
      throw ControlError(.problems, "a daemon has this bank already; see `membank status`")
    }
    return try SyncOnce.run(replica)
  }

  /// Writes the marker, with the remotes that were named: the next command is to find the same bank.
  private static func mark(
    _ setup: BankSetup, _ project: String, _ bank: String, _ urls: [String], _ log: Log
  ) throws(ControlError) {
    let remotes = urls.enumerated().map {
      RemoteSettings(name: RemoteList.name(ofNamed: $0.offset), urlWithoutPassword: $0.element)
    }
    _ = try setup.create(project: project, joining: bank, remotes: remotes)
    if zip(remotes, urls).contains(where: { $0.url != $1 }) {
      log.notice(
        "the password was not written into \(Configuration.fileName): put it into a file and name that there with "
          + "password-file, or set REDIS_PASSWORD")
    }
  }

  private static func identity(
    _ setup: BankSetup, _ project: String, _ remotes: [String]
  ) throws(ControlError) -> String {
    var configuration = Configuration(environment: setup.environment)
    configuration.project = project
    let list = try RemoteList(configuration, environment: setup.environment, named: remotes)
    let keys: MirrorKeys
    do { keys = try MirrorKeys(prefix: configuration.prefix, project: project) } catch {
      throw ControlError(.usage, "\(error)")
    }
    var failure: ControlError?
    for target in list.targets where target.place != .embedded {
      let connector = RemoteConnector(
        target: target, keys: keys, ttl: TTLPolicy(), limits: MirrorLimits(), embedded: nil)
      let driver = connector.driver()
      defer { driver.disconnect() }
      switch driver.perform(.readHead) {
      case .head(.present(let head)): return head.bank
      case .head(.absent):
        failure = ControlError(.usage, "\(connector.address) holds no bank '\(project)'; make one with `membank init`")
      case .head(.newerSchema(let schema)):
        failure = ControlError(
          .usage, "\(connector.address) holds '\(project)' in schema \(schema), which is newer than this membank")
      case .head(.damaged(let reason)):
        failure = ControlError(.usage, "\(connector.address): the head of '\(project)' is damaged: \(reason)")
      case .failed(let error): failure = ControlError(error.remedy == .halt ? .usage : .unreachable, error.message)
      default: break
      }
    }
    throw failure ?? ControlError(.usage, "name the remote that holds the bank: --remote URL or REDIS_URL")
  }
}
