import Support

/// A save on one replica until the file of the other has the new text; two daemons, one server.
enum ReplicasBenchmark {
  static func run(_ workshop: Workshop) throws -> [Row] {
    let bank = try SmallBank(workshop)
    let other = try Replica(workshop, server: bank.server)
    try other.join()
    let daemon = try other.start()
    let clock = SystemClock()
    var sample = Sample()
    for round in -5..<workshop.options.times(300) {
      let (path, text) = bank.edit()
      let file = "\(bank.replica.directory)/\(path)"
      let far = "\(other.directory)/\(path)"
      let watch = try FolderWatch(String(far[..<(far.lastIndex(of: "/") ?? far.endIndex)]))
      bank.pause()
      let temporary = try Files.writeBeside(text, file)
      let start = clock.monotonicNanoseconds
      try Files.replace(file, with: temporary)
      let end = try watch.wait("\(path) to reach the other replica") { Files.read(far) == text }
      if round >= 0 { sample.add(nanoseconds: end - start) }
    }
    withExtendedLifetime(daemon) {}
    let peer = try peer(workshop)
    return [
      Row("file on A → file on B, p50 of \(sample.count)", sample.median, "ms", peer: ("git push + pull", peer.median)),
      Row("file on A → file on B, p95", sample.percentile(95), "ms", atMost: 20, peer: ("p95", peer.percentile(95))),
      Row("file on A → file on B, p99", sample.percentile(99), "ms", peer: ("p99", peer.percentile(99))),
    ]
  }

  /// Commit and push on A, pull on B, the moment it is worth while known without being told.
  private static func peer(_ workshop: Workshop) throws -> Sample {
    let root = try workshop.folder("peer")
    let environment = Workshop.environment(home: root)
    let corpus = Corpus(SmallBank.count)
    try corpus.write(to: "\(root)/a")
    let log = "\(root)/log"
    func shell(_ script: String) throws {
      try Command(["/bin/sh", "-ec", "cd \(root); \(script)"], environment: environment).run(log: log)
    }
    try shell(
      """
      git init -q --bare hub; cd a; git init -q; git add -A; git commit -qm first; git remote add hub ../hub
      git push -qu hub HEAD; cd ..; git clone -q hub b
      """)
    var sample = Sample()
    let clock = SystemClock()
    for round in 0..<workshop.options.times(30) {
      let document = corpus[round % corpus.count]
      let start = clock.monotonicNanoseconds
      try Files.write(document.bytes + Array("- entry \(round)\n".utf8), to: "\(root)/a/\(document.path)")
      try shell("git -C a commit -qam save; git -C a push -q; git -C b pull -q --ff-only")
      sample.add(nanoseconds: clock.monotonicNanoseconds - start)
    }
    return sample
  }
}
