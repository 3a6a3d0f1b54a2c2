public import Support

/// The rule for a `.membank` that came from elsewhere: what could send the bank to a stranger, or have a file read,
/// holds only after a person on this machine has seen it.
public struct TrustedSettings: Sendable {
  /// What holds.
  public let configuration: Configuration
  /// The id that `membank approve` takes, when there are settings that do not hold yet.
  public let pending: String?
  /// Those settings, for the person who is to approve them.
  public let pendingText: String

  private static let note = "approved-settings"

  /// Applies the rule.
  public init(_ configuration: Configuration, _ state: StateDirectory) {
    let isTrusted = !configuration.isSensitive || state.read(Self.note) == configuration.sensitiveID
    self.configuration = isTrusted ? configuration : configuration.withoutSensitive
    pending = isTrusted ? nil : configuration.sensitiveID
    pendingText = isTrusted ? "" : configuration.sensitive
  }

  /// Lets the sensitive settings of `configuration` in, as they are now and no others.
  public static func approve(_ configuration: Configuration, _ state: StateDirectory) throws(SystemError) {
    try state.write(note, configuration.sensitiveID)
    Failpoint.approveSettings.pass()
  }
}
