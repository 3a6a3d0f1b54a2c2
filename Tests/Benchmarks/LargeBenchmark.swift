import Support

/// A daemon over a large bank: what it needs when idle, and how fast a save is.
enum LargeBenchmark {
  static func run(_ workshop: Workshop) throws -> [Row] {
    let server = try Server(workshop)
    let replica = try Replica(workshop, server: server)
    let corpus = Corpus(workshop.options.largeCorpus)
    try corpus.write(to: replica.directory)
    try replica.initialise()
    let clock = SystemClock()
    let start = clock.monotonicNanoseconds
    let daemon = try replica.start()
    let started = Double(clock.monotonicNanoseconds - start) / 1_000_000
    let idle = try IdleBenchmark.rows(
      daemon, workshop, documents: corpus.count, mostMemory: 80)
    let watch = try KeyWatch(server)
    var random = Random(seed: 11)
    var sample = Sample()
    for round in -5..<workshop.options.times(300) {
      let document = corpus[Int(random.next() % UInt64(corpus.count))]
      let text = document.bytes + Array("- entry \(round)\n".utf8)
      let file = "\(replica.directory)/\(document.path)"
      try watch.drain()
      let temporary = try Files.writeBeside(text, file)
      let start = clock.monotonicNanoseconds
      try Files.replace(file, with: temporary)
      let end = try watch.wait(for: document.path, text)
      if round >= 0 { sample.add(nanoseconds: end - start) }
    }
    return [Row("daemon's first start, \(corpus.count) documents, until mirrored", started, "ms")] + idle + [
      Row("save → Redis, \(corpus.count) documents, p50 of \(sample.count)", sample.median, "ms"),
      Row("save → Redis, \(corpus.count) documents, p95", sample.percentile(95), "ms"),
    ]
  }
}
