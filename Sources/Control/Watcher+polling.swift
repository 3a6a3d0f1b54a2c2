import Bank

extension Watcher {
  /// Whether the directory, or a part of it, tells nothing of its changes and has to be looked at from time to time.
  var needsPolling: Bool { if case .events = mode { false } else { true } }
}
