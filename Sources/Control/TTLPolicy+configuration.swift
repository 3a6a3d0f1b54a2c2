public import Mirror
public import Support

extension TTLPolicy {
  /// The policy that a configuration asks for.
  public init(_ times: TimesToLive) {
    self.init(classes: times.classes, kinds: times.kinds)
  }
}
