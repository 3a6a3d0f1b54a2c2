public import Bank
public import Support

/// How changes in the directory come to the cycle's notice: the watcher, and what follows when it loses its directory.
public protocol DirectoryWatch: AnyObject {
  /// Whether the directory, or a part of it, tells nothing of its changes and has to be looked at from time to time.
  var needsPolling: Bool { get }
  /// Takes what has come, without waiting.
  func drain() -> WatchReport
  /// Makes the watches fit the directories that there are now.
  func rewatch()
  /// Opens and watches whatever directory stands in the bank's place now, and gives it to the engine.
  func reopen() throws
}

/// Where calls for remotes go; the answers come back as events.
public protocol RemoteAsking: AnyObject {
  /// How many remotes can be asked, in the engine's order.
  var count: Int { get }
  /// Asks one; it is asked nothing else before its answer has come.
  func ask(_ call: RemoteCall, of index: Int)
}

/// What a replica notes of itself on its machine, by name, between runs.
public protocol Notes {
  /// A note's text, nil when there is none.
  func read(_ name: String) -> String?
  /// Replaces a note; the old one stands until the new one is durable.
  func write(_ name: String, _ text: String) throws(SystemError)
  /// Removes a note.
  func remove(_ name: String)
}
