import Glibc
import History
import Support

/// Who a change found in the directory is attributed to: `MEMBANK_AGENT`, git's configured user, or user@host.
enum Author {
  static func of(_ environment: Environment) -> (name: String, email: String) {
    let host = hostName()
    if let agent = environment.agent {
      return (agent.name, agent.email ?? "\(slug(agent.name))@\(host)")
    }
    if let user = GitUser.configured(home: environment.home, configHome: environment.configHome) {
      return (user.name, user.email)
    }
    let user = userName()
    return (user, "\(user)@\(host)")
  }

  /// Minutes east of UTC, now.
  static func offsetMinutes() -> Int {
    var now = time(nil)
    var local = tm()
    localtime_r(&now, &local)
    return local.tm_gmtoff / 60
  }

  /// This machine's name.
  static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func userName() -> String {
    guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "uid\(getuid())" }
    return String(cString: name)
  }

  private static func slug(_ name: String) -> String {
    String(name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "-" })
  }
}
