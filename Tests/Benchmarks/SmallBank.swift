import Glibc
import Support

/// A bank of fifty documents, kept by a daemon, as the latencies are asked for.
final class SmallBank {
  static let count = 50
  let server: Server
  let replica: Replica
  let daemon: Daemon
  let corpus: Corpus
  private var random = Random(seed: 7)
  private var saves = 0

  init(_ workshop: Workshop) throws {
    server = try Server(workshop)
    replica = try Replica(workshop, server: server)
    corpus = Corpus(Self.count)
    try corpus.write(to: replica.directory)
    try replica.initialise()
    daemon = try replica.start()
  }

  /// A document and a text for it that differs from all before: a line is added, as agents do.
  func edit() -> (path: String, text: [UInt8]) {
    saves += 1
    let document = corpus[Int(random.next() % UInt64(Self.count))]
    return (document.path, document.bytes + Array("- entry \(saves): \(random.next())\n".utf8))
  }

  /// A pause of 5 to 25 ms: saves come one by one, and not in step with anything.
  func pause() { usleep(UInt32(5_000 + random.next() % 20_000)) }
}
