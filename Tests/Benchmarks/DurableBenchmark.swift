import Support

/// A save until its version would survive a power cut.
enum DurableBenchmark {
  static func run(_ workshop: Workshop) throws -> [Row] {
    let bank = try SmallBank(workshop)
    let history = try bank.replica.history()
    try Wait.until("the first versions to be durable") { Files.read("\(history)/refs/membank/durable") != nil }
    let watch = try FolderWatch("\(history)/refs/membank")
    let clock = SystemClock()
    var sample = Sample()
    for _ in 0..<workshop.options.times(20) {
      let (path, text) = bank.edit()
      let before = Files.text("\(history)/refs/membank/durable")
      let start = clock.monotonicNanoseconds
      try Files.write(text, to: "\(bank.replica.directory)/\(path)")
      let end = try watch.wait("the version to be durable") {
        let now = Files.text("\(history)/refs/membank/durable")
        return now != before && now == Files.text("\(history)/refs/heads/main")
      }
      sample.add(nanoseconds: end - start)
    }
    return [
      Row("save → version durable, p95 of \(sample.count)", sample.percentile(95), "ms", peer: try peer(workshop))
    ]
  }

  /// git's own commit with everything synchronised.
  private static func peer(_ workshop: Workshop) throws -> (name: String, value: Double) {
    let directory = try workshop.folder("peer")
    let environment = Workshop.environment(home: directory)
    let corpus = Corpus(SmallBank.count)
    try corpus.write(to: directory)
    let git = "git -C \(directory) -c core.fsync=all"
    let log = "\(workshop.directory)/peer.log"
    try Command(
      ["/bin/sh", "-ec", "git -C \(directory) init -q; \(git) add -A; \(git) commit -qm first"],
      environment: environment
    ).run(log: log)
    var sample = Sample()
    let clock = SystemClock()
    for round in 0..<workshop.options.times(20) {
      let document = corpus[round % corpus.count]
      let start = clock.monotonicNanoseconds
      try Files.write(document.bytes + Array("- entry \(round)\n".utf8), to: "\(directory)/\(document.path)")
      try Command(["/bin/sh", "-ec", "\(git) commit -qam save"], environment: environment).run(log: log)
      sample.add(nanoseconds: clock.monotonicNanoseconds - start)
    }
    return ("git commit, core.fsync=all", sample.percentile(95))
  }
}
