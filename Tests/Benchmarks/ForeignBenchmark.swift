import RedisTransport
import Support

/// A `SET` by another client until the file has the new text.
enum ForeignBenchmark {
  static func run(_ workshop: Workshop) throws -> [Row] {
    let bank = try SmallBank(workshop)
    let client = try bank.server.connect()
    let clock = SystemClock()
    var sample = Sample()
    for round in -5..<workshop.options.times(300) {
      let (path, text) = bank.edit()
      let file = "\(bank.replica.directory)/\(path)"
      let watch = try FolderWatch(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
      bank.pause()
      let command = RedisCommand([Array("SET".utf8), Array((Replica.documents + path).utf8), text])
      let start = clock.monotonicNanoseconds
      _ = try client.run(command)
      let end = try watch.wait("\(path) to be written") { Files.read(file) == text }
      if round >= 0 { sample.add(nanoseconds: end - start) }
    }
    let peer = try peer(workshop, bank)
    return [
      Row("SET in Redis → file, p50 of \(sample.count)", sample.median, "ms", peer: ("redis-cli GET", peer.median)),
      Row("SET in Redis → file, p95", sample.percentile(95), "ms", atMost: 20, peer: ("p95", peer.percentile(95))),
      Row("SET in Redis → file, p99", sample.percentile(99), "ms", peer: ("p99", peer.percentile(99))),
    ]
  }

  /// Fetching one document with redis-cli into a file, told by nobody, versioning nothing.
  private static func peer(_ workshop: Workshop, _ bank: SmallBank) throws -> Sample {
    let directory = try workshop.folder("peer")
    var sample = Sample()
    let clock = SystemClock()
    for round in 0..<workshop.options.times(50) {
      let document = bank.corpus[round]
      let start = clock.monotonicNanoseconds
      try Command(
        ["redis-cli", "-s", bank.server.socket, "GET", Replica.documents + document.path],
        environment: Workshop.environment(home: directory)
      ).run(log: "\(directory)/file")
      sample.add(nanoseconds: clock.monotonicNanoseconds - start)
    }
    return sample
  }
}
