import CLinux
import Glibc
public import Support
import SyncEngine

/// Makes a directory a bank, and reads what makes it one.
public struct BankSetup: Sendable {
  /// The directory's canonical path.
  public let directory: String
  /// What the process was told.
  public let environment: Environment
  private let stateHome: String

  /// For a directory, by its canonical path.
  public init(_ directory: String, environment: Environment) {
    self.directory = directory
    self.environment = environment
    stateHome =
      (environment.stateHome ?? (environment.home ?? "/root") + "/.local/state") + "/membank"
  }

  /// The same with another place for the state of all banks.
  init(_ directory: String, environment: Environment, stateHome: String) {
    self.directory = directory
    self.environment = environment
    self.stateHome = stateHome
  }

  /// The marker's path.
  public var markerPath: String { "\(directory)/\(Configuration.fileName)" }

  /// Whether this machine has a history of the directory, marker or not.
  public var hasHistory: Bool { recordedHistory != nil }

  // An `init` that was cut short leaves a state without a history, and no marker has been lost then.
  private var recordedHistory: StateDirectory? {
    guard let state = StateDirectory.recorded(at: directory, in: stateHome),
      access(state.history + "/HEAD", F_OK) == 0
    else { return nil }
    return state
  }

  /// Writes the marker of a new bank, or of one that joins `bank`, which `remotes` hold.
  ///
  /// - Returns: The configuration written.
  /// - Throws: ``ControlError`` when there is a marker already, or it can't be written.
  public func create(
    project: String?, joining bank: String? = nil, remotes: [RemoteSettings] = []
  ) throws(ControlError) -> Configuration {
    if BankLocation.isBank(directory) {
      throw ControlError(.usage, "\(directory) is a bank already; its settings are in \(Configuration.fileName)")
    }
    var configuration = Configuration(environment: environment)
    let recorded = StateDirectory.recorded(at: directory, in: stateHome)
    configuration.bank = bank ?? recorded?.bank ?? BankIdentity.random(SystemRandom())
    configuration.project = project ?? ProjectName.proposed(forDirectory: directory)
    configuration.remotes = remotes
    guard let name = configuration.project, ProjectName.isValid(name) else {
      throw ControlError(.usage, "'\(project ?? "")' can't name a project: 1 to 64 of A-Z a-z 0-9 . _ -")
    }
    do {
      let state = try state(configuration)
      // What this machine writes itself needs no approval; a bank born here has no history elsewhere to wait for.
      try TrustedSettings.approve(configuration, state)
      if bank == nil { try Opening.noteBirth(state) }
      Failpoint.initNoted.pass()
      // Last: with the marker there, nothing of the state is missing, whenever this is cut short.
      try replaceFile(markerPath, with: Array(configuration.rendered().utf8), mode: 0o644)
      Failpoint.initMarked.pass()
    } catch let error as ControlError {
      throw error
    } catch {
      throw ControlError(.usage, "\(error)")
    }
    return configuration
  }

  /// Whether the directory became a bank here, and so may have a past of its own to take over.
  public func isBorn(_ configuration: Configuration) -> Bool {
    guard let state = StateDirectory.recorded(at: directory, in: stateHome) else { return false }
    return state.bank == configuration.bank && Opening.isBorn(state)
  }

  /// Reads the marker.
  ///
  /// - Throws: ``ControlError``: usage when there is none or it is broken; halted when there is none but a history of
  ///   this directory exists.
  public func load() throws(ControlError) -> Configuration {
    let descriptor = membank_open(markerPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw ControlError(.usage, "\(SystemError("open", markerPath))") }
      throw missingMarker()
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= 1 << 20 {
      let count = read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { throw ControlError(.usage, "\(SystemError("read", markerPath))") }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    do {
      return try Configuration(
        parsing: bytes, file: markerPath, over: Configuration(environment: environment))
    } catch {
      throw ControlError(.usage, "\(error)")
    }
  }

  private func missingMarker() -> ControlError {
    guard let state = recordedHistory else {
      return ControlError(.usage, "\(directory) is not a bank: make it one with `membank init \(directory)`")
    }
    guard access(directory, F_OK) == 0 else {
      return ControlError(
        .halted,
        """
        \(directory) is gone, but its history is in \(state.path).
        Nothing was taken for deleted. Mount the file system that it is on, or put the directory back.
        Do not remove the history, and do not make another bank in its place.
        """)
    }
    return ControlError(
      .halted,
      """
      \(directory) has lost its marker \(Configuration.fileName), but its history is in \(state.path).
      Nothing was taken for deleted. Is this the right directory, and is all of it there (a file system not mounted)?
      If it is: `membank init \(directory)` writes the marker of the same bank again.
      Do not remove the history, and do not write a \(Configuration.fileName) by hand.
      """)
  }

  /// The state directory of the bank in `configuration`.
  public func state(_ configuration: Configuration) throws(ControlError) -> StateDirectory {
    guard let bank = configuration.bank else {
      throw ControlError(.usage, "\(markerPath): no membank.bank; write a new marker with `membank init`")
    }
    do {
      return try StateDirectory.open(
        bank: bank, bankPath: directory, project: configuration.project ?? "bank", in: stateHome)
    } catch {
      throw ControlError(.usage, "the state directory can't be made: \(error)")
    }
  }

  /// The state of a bank that is restored here: not that of a directory which is gone, however alike.
  func stateOfItsOwn(_ bank: String, project: String) throws(ControlError) -> StateDirectory {
    do {
      return try StateDirectory.open(
        bank: bank, bankPath: directory, project: project, in: stateHome, adopting: false)
    } catch {
      throw ControlError(.usage, "the state directory can't be made: \(error)")
    }
  }
}
