/// A client for a single server or a Redis Cluster; which of the two it is shows on connecting.
///
/// Commands go to the node that owns the slot of their first key; those without a key (`SCAN`, `CONFIG`) to the node
/// of the other commands in the same call, else to the one last used. Redirections are followed. A node that was
/// lost is connected to again on the next call, so that a router outlives its connections.
public final class RedisRouter: RedisClient {
  /// The address it was made with, without secrets.
  public var address: String { seed.description }
  private let seed: RedisAddress
  private let timeouts: RedisTimeouts
  private let cancellation: Int32
  private var connections: [RedisAddress.Endpoint: RedisConnection] = [:]
  private var owners: [Int: RedisAddress.Endpoint] = [:]
  private var current: RedisAddress.Endpoint

  /// Connects to the address and learns whether it belongs to a cluster.
  ///
  /// - Throws: ``RedisError`` as ``RedisConnection`` does.
  public init(
    _ address: RedisAddress, timeouts: RedisTimeouts = RedisTimeouts(), cancellation: Int32 = -1
  ) throws(RedisError) {
    seed = address
    self.timeouts = timeouts
    self.cancellation = cancellation
    current = address.endpoint
    try learnSlots(from: current)
  }

  /// Whether redirections or a slot table showed a cluster.
  public var isCluster: Bool { !owners.isEmpty }

  /// The node that holds a key, with the credentials of the seed: where to subscribe to the key's events.
  public func address(forKey key: [UInt8]) -> RedisAddress { seed.at(owners[KeySlot.of(key)] ?? current) }

  /// Ends all connections.
  public func close() {
    for connection in connections.values { connection.close() }
    connections = [:]
  }

  /// Carries out commands, each where its key lives.
  ///
  /// - Throws: ``RedisError`` when a node is lost on the way.
  public func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    guard !commands.isEmpty else { return [] }
    var replies = [RedisValue](repeating: .null, count: commands.count)
    var waiting = Array(commands.indices)
    var asked: [Int: RedisAddress.Endpoint] = [:]
    var hops = 0
    while !waiting.isEmpty {
      let turn = waiting
      waiting = []
      if let key = turn.lazy.compactMap({ commands[$0].firstKey }).first, let owner = owners[KeySlot.of(key)] {
        current = owner
      }
      for (endpoint, members) in group(turn, of: commands, asked) {
        let ask = members.contains { asked[$0] != nil }
        for (index, reply) in zip(members, try send(members.map { commands[$0] }, to: endpoint, asking: ask)) {
          replies[index] = reply
          guard let message = reply.error, hops < 5, let turnTo = Redirection(message, from: endpoint) else { continue }
          waiting.append(index)
          switch turnTo.kind {
          case .moved: owners[turnTo.slot] = turnTo.endpoint
          case .ask: asked[index] = turnTo.endpoint
          }
          if turnTo.kind == .moved { asked[index] = nil }
        }
      }
      if !waiting.isEmpty {
        hops += 1
        // What has no key went where the others did: to the wrong node.
        waiting += turn.filter { commands[$0].firstKey == nil && !waiting.contains($0) }
        waiting.sort()
      }
    }
    return replies
  }

  private func group(
    _ indices: [Int], of commands: [RedisCommand], _ asked: [Int: RedisAddress.Endpoint]
  ) -> [(RedisAddress.Endpoint, [Int])] {
    var groups: [(RedisAddress.Endpoint, [Int])] = []
    for index in indices {
      let owner = asked[index] ?? commands[index].firstKey.flatMap { owners.isEmpty ? nil : owners[KeySlot.of($0)] }
      let endpoint = owner ?? current
      // What ASK sends elsewhere travels alone: ASKING holds for one command.
      if asked[index] == nil, let last = groups.lastIndex(where: { $0.0 == endpoint }) {
        groups[last].1.append(index)
      } else {
        groups.append((endpoint, [index]))
      }
    }
    return groups
  }

  private func send(
    _ commands: [RedisCommand], to endpoint: RedisAddress.Endpoint, asking: Bool
  ) throws(RedisError) -> [RedisValue] {
    do throws(RedisError) {
      let connection = try connection(to: endpoint)
      let replies = try connection.run(asking ? [["ASKING"]] + commands : commands)
      return asking ? Array(replies.dropFirst()) : replies
    } catch {
      connections[endpoint] = nil
      // The node may have handed its slots to another; the others know. The outcome of these commands is unknown
      // all the same, so the caller hears of the failure.
      if isCluster, error.kind != .cancelled { relearnSlots(without: endpoint) }
      throw error
    }
  }

  private func connection(to endpoint: RedisAddress.Endpoint) throws(RedisError) -> RedisConnection {
    if let known = connections[endpoint] { return known }
    let made = try RedisConnection(seed.at(endpoint), timeouts: timeouts, cancellation: cancellation)
    connections[endpoint] = made
    return made
  }

  private func learnSlots(from endpoint: RedisAddress.Endpoint) throws(RedisError) {
    let table = try connection(to: endpoint).run([["CLUSTER", "SLOTS"]]).first
    guard let ranges = table?.array else { return }
    for range in ranges {
      guard let parts = range.array, parts.count > 2, let first = parts[0].integer, let last = parts[1].integer,
        let node = parts[2].array, node.count > 1, let port = node[1].integer.flatMap({ UInt16(exactly: $0) }),
        (0..<Int64(KeySlot.count)).contains(first), (first..<Int64(KeySlot.count)).contains(last)
      else { continue }
      let owner = Redirection.endpoint(host: node[0].text ?? "", port: port, from: endpoint)
      for slot in first...last { owners[Int(slot)] = owner }
    }
  }

  private func relearnSlots(without lost: RedisAddress.Endpoint) {
    let others = Set(owners.values).union([seed.endpoint]).subtracting([lost])
    for endpoint in others {
      do throws(RedisError) {
        try learnSlots(from: endpoint)
        return
      } catch {
        connections[endpoint] = nil
      }
    }
  }
}
