import Mirror
import Support
import SyncEngine

/// What `sync --once` notes of each remote for the next time, in the state directory.
struct RemoteNotes {
  private static let name = "remotes"
  private let state: StateDirectory
  private let read: [String: RemoteMemory]

  /// What was noted last; nothing when that can't be read.
  init(_ state: StateDirectory) {
    self.state = state
    var read: [String: RemoteMemory] = [:]
    for line in (state.read(Self.name) ?? "").split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 4, let head = ObjectID(hex: fields[1]), let renewAt = Int64(fields[2]) else { continue }
      let mark = fields[3].isEmpty ? nil : ServerMark(text: fields[3])
      read[fields[0]] = RemoteMemory(mark: mark, head: head, renewAt: renewAt)
    }
    self.read = read
  }

  /// The notes on the engine's remotes, in its order.
  ///
  /// A remote is known by what its address says without secrets; another server at the same address has another mark.
  func memories(for engine: Engine) -> [RemoteMemory?] { engine.sessions.map { read[Self.key($0.name, $0.address)] } }

  /// The note on a remote.
  func memory(of remote: RemoteConnector) -> RemoteMemory? { read[Self.key(remote.target.name, remote.address)] }

  /// Notes what a pass left, where that is something else.
  func write(_ engine: Engine) throws(SystemError) {
    var now = read
    for (index, session) in engine.sessions.enumerated() {
      now[Self.key(session.name, session.address)] = engine.memory(of: index)
    }
    try write(now)
  }

  /// Notes what is known of these remotes now.
  func write(_ remotes: [RemoteConnector: RemoteMemory]) throws(SystemError) {
    var now = read
    for (remote, memory) in remotes { now[Self.key(remote.target.name, remote.address)] = memory }
    try write(now)
  }

  private func write(_ now: [String: RemoteMemory]) throws(SystemError) {
    guard now != read else { return }
    let lines = now.sorted { $0.key < $1.key }.map { key, memory in
      "\(key)\t\(memory.head)\t\(memory.renewAt)\t\(memory.mark?.text ?? "")"
    }
    try state.write(Self.name, lines.joined(separator: "\n"))
  }

  static func key(_ name: String, _ address: String) -> String {
    String(sha256(Array("\(name)\0\(address)".utf8)).prefix(16))
  }
}
