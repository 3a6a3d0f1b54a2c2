import Support

/// A save in the directory until a client reads the new text in Redis.
enum SaveBenchmark {
  static func run(_ workshop: Workshop) throws -> [Row] {
    let bank = try SmallBank(workshop)
    let watch = try KeyWatch(bank.server)
    let clock = SystemClock()
    var atomic = Sample()
    var inPlace = Sample()
    // The first few open files, load scripts and fill caches.
    for round in -5..<workshop.options.times(400) {
      for replaces in [true, false] {
        let (path, text) = bank.edit()
        let file = "\(bank.replica.directory)/\(path)"
        bank.pause()
        try watch.drain()
        let temporary = replaces ? try Files.writeBeside(text, file) : ""
        let start = clock.monotonicNanoseconds
        if replaces { try Files.replace(file, with: temporary) } else { try Files.write(text, to: file) }
        let end = try watch.wait(for: path, text)
        guard round >= 0 else { continue }
        if replaces { atomic.add(nanoseconds: end - start) } else { inPlace.add(nanoseconds: end - start) }
      }
    }
    let peer = try peer(workshop)
    return rows("save by rename → Redis", atomic, peer) + rows("save in place → Redis", inPlace, peer)
  }

  private static func rows(_ name: String, _ sample: Sample, _ peer: Sample) -> [Row] {
    [
      Row(
        "\(name), p50 of \(sample.count)", sample.median, "ms", atMost: 3, peer: ("git commit + redis-cli", peer.median)
      ),
      Row("\(name), p95", sample.percentile(95), "ms", atMost: 10, peer: ("p95", peer.percentile(95))),
      Row("\(name), p99", sample.percentile(99), "ms", peer: ("p99", peer.percentile(99))),
    ]
  }

  /// What a hook would run after a save, the time until it is started not counted: a commit, then a `SET`.
  private static func peer(_ workshop: Workshop) throws -> Sample {
    let server = try Server(workshop)
    let directory = try workshop.folder("peer")
    let corpus = Corpus(SmallBank.count)
    try corpus.write(to: directory)
    let environment = Workshop.environment(home: directory)
    let log = "\(workshop.directory)/peer.log"
    try Command(
      [
        "/bin/sh", "-c",
        "git -C \(directory) init -q && git -C \(directory) add -A && git -C \(directory) commit -qm first",
      ],
      environment: environment
    ).run(log: log)
    var sample = Sample()
    let clock = SystemClock()
    for round in 0..<workshop.options.times(60) {
      let document = corpus[round % corpus.count]
      let file = "\(directory)/\(document.path)"
      let start = clock.monotonicNanoseconds
      try Files.write(document.bytes + Array("- entry \(round)\n".utf8), to: file)
      try Command(
        [
          "/bin/sh", "-c",
          "git -C \(directory) commit -qam save && redis-cli -s \(server.socket) -x SET \(Replica.documents)\(document.path)",
        ], environment: environment, input: file
      ).run(log: log)
      sample.add(nanoseconds: clock.monotonicNanoseconds - start)
    }
    return sample
  }
}
