import Glibc
import History
public import RedisTransport
import Support

/// Runs what fails as a history does.
///
/// `operand`: what it is about, where that is not the bank's own history.
func inHistory<T>(
  _ operand: String = BackupError.ownHistory, _ body: () throws(HistoryError) -> T
) throws(BackupError) -> T {
  do throws(HistoryError) { return try body() } catch { throw BackupError(error, in: operand) }
}

/// Runs what fails as Redis does.
@discardableResult
public func inRedis<T>(_ body: () throws(RedisError) -> T) throws(BackupError) -> T {
  do throws(RedisError) { return try body() } catch { throw BackupError(error) }
}

/// Runs what fails as the system does, on behalf of a place of backups.
func inSystem<T>(_ place: String, _ body: () throws(SystemError) -> T) throws(BackupError) -> T {
  do throws(SystemError) { return try body() } catch { throw BackupError(error, freeing: place) }
}
