import FoundationEssentials

/// The identity that a user has told git, read-only; nothing else of git's configuration concerns membank.
public enum GitUser {
  /// `user.name` and `user.email` of `~/.gitconfig` or `$XDG_CONFIG_HOME/git/config`; nil when there are none.
  public static func configured(home: String?, configHome: String?) -> (name: String, email: String)? {
    guard let home else { return nil }
    for file in ["\(home)/.gitconfig", "\(configHome ?? home + "/.config")/git/config"] {
      guard let bytes = FileManager.default.contents(atPath: file),
        let entries = try? GitConfigText.entries(Array(bytes), file: file)
      else { continue }
      let name = entries.last { $0.key == "user.name" }?.value
      let email = entries.last { $0.key == "user.email" }?.value
      if let name, !name.isEmpty { return (name, email ?? "") }
    }
    return nil
  }
}
