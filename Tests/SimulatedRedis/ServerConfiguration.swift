import RedisTransport

/// Classes of keyspace notifications, by their letters in `notify-keyspace-events`.
enum EventKind: Character {
  case generic = "g"
  case string = "$"
  case list = "l"
  case set = "s"
  case hash = "h"
  case stream = "t"
  case expired = "x"
  case evicted = "e"
  case new = "n"
}

/// The settings that can be read and changed.
struct ServerConfiguration {
  private(set) var values: SortedMap<Bytes> = {
    var values = SortedMap<Bytes>()
    for (name, value) in [
      ("appendonly", "no"), ("databases", "1"), ("maxmemory", "0"), ("maxmemory-policy", "noeviction"),
      ("notify-keyspace-events", ""), ("proto-max-bulk-len", "536870912"), ("save", ""),
    ] {
      values.set(bytes(name), to: bytes(value))
    }
    return values
  }()

  private(set) var maximumMemory = 0
  private var flags: Set<Character> = []

  /// `CONFIG SET`.
  mutating func set(_ name: Bytes, to value: Bytes) throws(Refusal) {
    var value = value
    let name = bytes(text(name).lowercased())
    guard values[name] != nil else {
      throw Refusal("ERR Unknown option or number of arguments for CONFIG SET - '\(text(name))'")
    }
    func failure(_ reason: String) -> Refusal {
      Refusal("ERR CONFIG SET failed (possibly related to argument '\(text(name))') - \(reason)")
    }
    switch text(name) {
    case "notify-keyspace-events":
      let letters = Set(text(value))
      guard letters.isSubset(of: Set("Ag$lshzxetdmnKE")) else {
        throw failure("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
      }
      flags = letters
      if letters.contains("A") { flags.formUnion("g$lshzxetd") }
      value = bytes(flagText)
    case "maxmemory":
      guard let number = Int(text(value)), number >= 0 else { throw failure("argument must be a memory value") }
      maximumMemory = number
    default: break
    }
    values.set(name, to: value)
  }

  /// The letters in the order in which the server gives them.
  private var flagText: String {
    let classes = Set("g$lshzxetd").isSubset(of: flags) ? "A" : String("g$lshzxetdn".filter(flags.contains))
    return classes + String("KEm".filter(flags.contains))
  }

  /// The messages that subscribers get of a change.
  func notifications(of key: Bytes, _ kind: EventKind, _ event: String) -> [RedisMessage] {
    guard flags.contains(kind.rawValue) else { return [] }
    var messages: [RedisMessage] = []
    if flags.contains("K") {
      messages.append(RedisMessage(channel: bytes("__keyspace@0__:") + key, payload: bytes(event)))
    }
    if flags.contains("E") {
      messages.append(RedisMessage(channel: bytes("__keyevent@0__:\(event)"), payload: key))
    }
    return messages
  }
}
