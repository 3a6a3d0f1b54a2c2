import Support

/// A thousand files rewritten at once, in a bank that has ten thousand, until Redis has them all.
enum BurstBenchmark {
  static func run(_ workshop: Workshop) throws -> [Row] {
    let server = try Server(workshop)
    let replica = try Replica(workshop, server: server)
    let corpus = Corpus(workshop.options.largeCorpus)
    try corpus.write(to: replica.directory)
    try replica.initialise()
    _ = try replica.syncOnce()
    let daemon = try replica.start()
    let watch = try KeyWatch(server)
    let clock = SystemClock()
    let count = corpus.count / 10
    var sample = Sample()
    for round in 0..<workshop.options.times(5) {
      var wanted: [String: [UInt8]] = [:]
      for number in round * count..<(round + 1) * count {
        let document = corpus[number]
        wanted[document.path] = document.bytes + Array("- entry \(round)\n".utf8)
      }
      try watch.drain()
      let start = clock.monotonicNanoseconds
      for (path, text) in wanted { try Files.write(text, to: "\(replica.directory)/\(path)") }
      sample.add(nanoseconds: try watch.waitForAll(wanted) - start)
      try replica.membank("flush", replica.directory)
    }
    withExtendedLifetime(daemon) {}
    return [
      Row("\(count) files at once of \(corpus.count) → Redis, p50 of \(sample.count)", sample.median, "ms")
    ]
  }
}
