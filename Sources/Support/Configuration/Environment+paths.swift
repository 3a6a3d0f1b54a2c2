extension Environment {
  /// The path that a setting names: `${HOME}`, `${XDG_CONFIG_HOME}`, `${CREDENTIALS_DIRECTORY}` and `~/` replaced.
  public func expanded(_ path: String) -> String {
    var path = path
    for (name, value) in [
      ("CREDENTIALS_DIRECTORY", credentialsDirectory), ("HOME", home), ("XDG_CONFIG_HOME", configHome),
    ] {
      path = path.replacing("${\(name)}", with: value ?? "")
    }
    if path.hasPrefix("~/"), let home { path = home + path.dropFirst() }
    return path
  }
}
