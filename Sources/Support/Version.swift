/// This program's version, in `--version` and in what a replica says of itself.
public enum Version {
  /// The version, as semver.org has it.
  public static let current = "0.1.0"
}
