import Glibc
public import RedisTransport
import Support

/// A Redis Cluster of three masters on the loopback, every slot served; killed when the value goes away.
public final class RedisCluster: Sendable {
  /// The nodes; each has a third of the slots, in order.
  public let nodes: [RedisServer]

  /// Starts the nodes, joins them and waits until all of them serve; takes about two seconds, which is how long a
  /// master waits before it trusts a new cluster.
  public init() async throws {
    nodes = try (0..<3).map { _ in
      var options = RedisServer.Options()
      options.tcp = true
      options.configuration = [
        "cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-node-timeout 3000",
        "cluster-port \(try RedisServer.freePort())",
      ]
      return try RedisServer(options)
    }
    let ranges = [(0, 5460), (5461, 10922), (10923, 16383)]
    for (index, node) in nodes.enumerated() {
      let connection = try node.connect()
      try connection.run("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
      try connection.run("CLUSTER", "ADDSLOTSRANGE", "\(ranges[index].0)", "\(ranges[index].1)")
    }
    let first = try nodes[0].connect()
    for node in nodes.dropFirst() {
      let bus = try node.run("CONFIG", "GET", "cluster-port").array?.last?.text ?? ""
      try first.run("CLUSTER", "MEET", "127.0.0.1", "\(node.port)", bus)
    }
    for node in nodes {
      let connection = try node.connect()
      let deadline = SystemClock().monotonicNanoseconds + 20_000_000_000
      while true {
        let info = try connection.run("CLUSTER", "INFO").text ?? ""
        if info.contains("cluster_state:ok"), info.contains("cluster_known_nodes:3"),
          info.contains("cluster_slots_ok:16384")
        {
          break
        }
        guard SystemClock().monotonicNanoseconds < deadline else {
          throw SystemError("cluster", node.directory, code: ETIMEDOUT)
        }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  /// The address of one of the nodes.
  public func address(of node: Int = 0) -> RedisAddress { nodes[node].tcpAddress }
}
