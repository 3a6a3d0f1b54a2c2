public import Backup
import History
public import Support

/// `membank backup verify`: restores backups into scratch space and compares.
public struct BackupCheck {
  private let bank: BackupBank?
  private let environment: Environment
  private let watch: BackupWatch

  /// A check; with a bank its history is compared with.
  public init(_ bank: BackupBank?, _ environment: Environment, watch: BackupWatch) {
    self.bank = bank
    self.environment = environment
    self.watch = watch
  }

  /// Checks one backup.
  ///
  /// - Returns: The object of `--json`, and whether the backup is good.
  public func run(_ found: FoundBackup) -> (report: JSONValue, isGood: Bool) {
    let home = environment.stateHome ?? "/tmp"
    let scratch = bank?.notes.scratchDirectory() ?? "\(home)/membank-verify-\(SystemRandom().hex(12))"
    let reference = bank.flatMap { try? History(opening: $0.state.history) }
    let members = found.json.members ?? []
    do throws(BackupError) {
      let report = try found.place.target.verify(
        found.backup, BackupDrill(reference: reference, scratch: scratch, watch: watch))
      return (.object(members + [JSONMember("verified", report.json), JSONMember("error", .null)]), true)
    } catch {
      return (.object(members + [JSONMember("verified", .null), JSONMember("error", .string("\(error)"))]), false)
    }
  }
}
