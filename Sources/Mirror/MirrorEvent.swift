public import RedisTransport
public import Support

/// What a published message says about a bank.
public enum MirrorEvent: Hashable, Sendable {
  /// Somebody published; the commit, when the message holds one.
  case published(ObjectID?)
  /// The key of a document was written, removed or expired: look at it again.
  case document(BankPath)
  /// The key of a document with a name that can't be a path was written.
  case unnamed
  /// The head was removed or expired.
  case headGone
}

extension MirrorKeys {
  /// The patterns of keyspace notifications to subscribe to, besides the channel ``events``.
  public func keyspacePatterns(database: Int) -> [[UInt8]] {
    let start = Array("__keyspace@\(database)__:".utf8)
    // The head's own key without the closing star.
    return [start + documentPattern, start + Self.pattern(beginningWith: head).dropLast()]
  }

  /// What a message means; nil when nothing has to be done about it.
  ///
  /// A publication's own writes raise notifications as well; looking at the path then shows nothing foreign.
  public func event(_ message: RedisMessage) -> MirrorEvent? {
    if message.channel == events {
      return .published(ObjectID(hex: String(decoding: message.payload, as: UTF8.self)))
    }
    // The channel is __keyspace@<db>__:<key>, the payload the command or what happened.
    guard let colon = message.channel.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let key = Array(message.channel[(colon + 1)...])
    let what = String(decoding: message.payload, as: UTF8.self)
    // A new TTL changes no content.
    guard !["expire", "persist", "new"].contains(what) else { return nil }
    if key == head { return ["del", "expired", "evicted", "rename_from"].contains(what) ? .headGone : nil }
    guard key.starts(with: documentPrefix) else { return nil }
    return path(ofDocumentKey: key).map { .document($0) } ?? .unnamed
  }
}
