import Support

extension FuzzTarget {
  /// Sizes, lengths of time and names, as people write them.
  static let quantities = FuzzTarget(
    "quantities", longest: 256,
    words: [
      "KiB", "MB", "g", "1.5", "24h", "30d", "w", "9223372036854775807", ".", "00", ".lock", "..", "<", ">", "%",
    ],
    seeds: ["512", "1.5GiB", "10MB", "1h30m", "2w", "/home/a/memory-bank", "Name <mail@host>", "origin.lock", "debug"]
  ) { input in
    let bytes = input.rest()
    let text = String(decoding: bytes, as: UTF8.self)
    if let size = ByteSizeText.bytes(text) {
      try hold(size >= 0, "a size below zero: \(size)")
      try hold(ByteSizeText.bytes(ByteSizeText.text(size)) == size, "another size after a round trip: \(size)")
    }
    if let seconds = DurationText.seconds(text) {
      try hold(seconds >= 0, "a time below zero: \(seconds)")
      try hold(DurationText.seconds(DurationText.text(seconds)) == seconds, "another time: \(seconds)")
    }
    try hold(ProjectName.isValid(ProjectName.proposed(forDirectory: text)), "no name for a project")
    if let agent = AgentName(text) {
      let again = AgentName(agent.email.map { "\(agent.name) <\($0)>" } ?? agent.name)
      try hold(again == agent, "another name: \(agent)")
    }
    if let id = ObjectID(hex: text) { try hold(id.description.utf8.elementsEqual(bytes), "another id: \(id)") }
    if bytes.count == 20 { try hold(ObjectID(bytes: bytes)?.bytes == bytes, "another id") }
    if RemoteSettings.isValidName(text) {
      try hold(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "a remote's name for no log: \(text)")
    }
  }
}
