import Control
import Glibc
import Support

/// `membank log`, `show`, `diff` and `git`.
enum HistoryCommands {
  static func log(_ path: String?, _ directory: String?, limit: Int?, json: Bool) throws(ControlError) -> Int32 {
    let reader = try BankReader(Session(quiet: json).setup(directory))
    let commits = try reader.log(path, limit: limit)
    if json {
      Output.json(.array(commits.map(\.json)))
    } else {
      for commit in commits {
        Output.line("\(commit.id.short())  \(localTime(commit.seconds))  \(commit.author)  \(commit.subject)")
      }
    }
    return ControlError.ExitCode.success.rawValue
  }

  /// `ID` prints the change, `ID:PATH` the file at that version.
  static func show(_ name: String, _ directory: String?) throws(ControlError) -> Int32 {
    let reader = try BankReader(Session().setup(directory))
    if let colon = name.firstIndex(of: ":") {
      let (id, path) = (String(name[..<colon]), String(name[name.index(after: colon)...]))
      let commit = try reader.commit(id.isEmpty ? nil : id)
      guard let bytes = try reader.file(path, at: commit) else {
        throw ControlError(.usage, "\(path) is not in version \(commit.short())")
      }
      Output.bytes(bytes)
    } else {
      Output.bytes(Array(try reader.patch(nil, reader.commit(name), path: nil).utf8))
    }
    return ControlError.ExitCode.success.rawValue
  }

  /// Between two versions, or the last change when none is named; exit code 1 when they differ, as with diff(1).
  static func diff(_ from: String?, _ to: String?, path: String?, _ directory: String?) throws(ControlError) -> Int32 {
    let reader = try BankReader(Session().setup(directory))
    let end = try reader.commit(to)
    let start: ObjectID? = if let from { try reader.commit(from) } else { nil }
    let patch = try reader.patch(start, end, path: path)
    Output.bytes(Array(patch.utf8))
    return patch.isEmpty ? 0 : 1
  }

  /// Runs git on the history, with git's own words and exit code.
  static func git(_ arguments: [String]) throws(ControlError) -> Int32 {
    let setup = try Session().setup(nil)
    let state = try setup.state(setup.load())
    setenv("GIT_DIR", state.history, 1)
    var words: [UnsafeMutablePointer<CChar>?] = (["git"] + arguments).map { strdup($0) } + [nil]
    execvp("git", &words)
    throw ControlError(.usage, "git: \(String(cString: strerror(errno)))")
  }

  private static func localTime(_ seconds: Int64) -> String {
    var (time, local) = (time_t(seconds), tm())
    localtime_r(&time, &local)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return
      "\(local.tm_year + 1900)-\(two(local.tm_mon + 1))-\(two(local.tm_mday)) \(two(local.tm_hour)):\(two(local.tm_min))"
  }
}
