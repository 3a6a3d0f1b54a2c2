import Support

/// The first pass over a large directory, and a pass with nothing to do, beside git and redis-cli.
enum ImportBenchmark {
  static func run(_ workshop: Workshop) throws -> [Row] {
    let corpus = Corpus(workshop.options.largeCorpus)
    let count = corpus.count
    var bytes = 0
    var ours: [Cost] = []
    var theirs: [(git: Cost, redis: Cost)] = []
    var unchanged: [Cost] = []
    var status: [Cost] = []
    // By turns, so that whatever else the machine does falls on both.
    for _ in 0..<(workshop.options.quick ? 1 : 3) {
      let peer = try Peer(workshop, corpus)
      theirs.append((try peer.commit(), try peer.load()))
      let server = try Server(workshop)
      let replica = try Replica(workshop, server: server)
      bytes = try corpus.write(to: replica.directory)
      try replica.initialise()
      ours.append(try replica.syncOnce())
      // The first look afterwards refreshes what was written in the same second as it was read.
      _ = try (peer.status(), replica.syncOnce())
      for _ in 0..<5 {
        status.append(try peer.status())
        unchanged.append(try replica.syncOnce())
      }
      workshop.remove(peer.directory)
      workshop.remove(replica.home)
    }
    let both = median(theirs.map { $0.git.wall + $0.redis.wall })
    let megabytes = Row.digits(Double(bytes) / 1e6)
    return [
      Row(
        "first sync --once, \(count) documents, \(megabytes) MB", median(ours.map(\.wall)), "ms",
        peer: ("git add, commit + redis-cli --pipe", both), atMost: 1),
      Row(
        "  CPU", median(ours.map(\.cpu)), "ms",
        peer: ("", median(theirs.map { $0.git.cpu + $0.redis.cpu }))),
      Row("  peak RSS", median(ours.map(\.memory)), "MiB", peer: ("git", median(theirs.map(\.git.memory)))),
      Row(
        "sync --once, nothing to do, \(count) documents", median(unchanged.map(\.wall)), "ms",
        peer: ("git status", median(status.map(\.wall))), atMost: 2),
      Row("  CPU", median(unchanged.map(\.cpu)), "ms", peer: ("", median(status.map(\.cpu)))),
      Row("  peak RSS", median(unchanged.map(\.memory)), "MiB", peer: ("", median(status.map(\.memory)))),
    ]
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// The same documents in git's and redis-cli's hands.
private struct Peer {
  let directory: String
  private let bank: String
  private let server: Server
  private let environment: [String: String]

  init(_ workshop: Workshop, _ corpus: Corpus) throws {
    directory = try workshop.folder("peer")
    bank = "\(directory)/bank"
    server = try Server(workshop)
    environment = Workshop.environment(home: directory)
    try corpus.write(to: bank)
    // Made beforehand: how a user would come by it is not counted.
    try corpus.writeCommands(prefix: Replica.documents, to: "\(directory)/commands")
  }

  func commit() throws -> Cost {
    try Command(
      ["/bin/sh", "-ec", "cd \(bank); git init -q; git add -A; git commit -qm first"], environment: environment
    ).run(log: "\(directory)/log")
  }

  func load() throws -> Cost {
    try Command(
      ["redis-cli", "-s", server.socket, "--pipe"], environment: environment, input: "\(directory)/commands"
    ).run(log: "\(directory)/log")
  }

  func status() throws -> Cost {
    try Command(["git", "-C", bank, "status", "--short"], environment: environment).run(log: "\(directory)/log")
  }
}
