import RedisTransport
import Support

extension Mirror {
  /// What the head must be for a publication to go through.
  private enum Lease {
    case asExpected
    case exactly(MirrorHead)
    case damaged
  }

  /// Moves the head, and with it documents, index and changes; all of it or nothing.
  ///
  /// - Parameters:
  ///   - publication: The new head and what goes with it.
  ///   - packs: Packs of the list to upload in the same round trip; large ones are uploaded apart before.
  /// - Returns: The new head, or why nothing was changed.
  /// - Throws: ``MirrorError``.
  public func publish(
    _ publication: Publication, uploading packs: [(id: String, bytes: [UInt8])] = []
  ) throws(MirrorError) -> PublishOutcome {
    try publish(publication, packs, .asExpected, "publish")
  }

  /// Replaces a head that nobody can complete, provided that it still is exactly the one seen: its list of packs and
  /// `seq` too, for whoever uploaded a missing pack has changed nothing else.
  ///
  /// ``Publication/expected`` is ignored.
  ///
  /// - Parameters:
  ///   - seen: The head as it was read.
  ///   - publication: The new head and what goes with it.
  ///   - packs: Packs of the list to upload in the same round trip.
  /// - Returns: The new head, or why nothing was changed.
  /// - Throws: ``MirrorError``.
  public func replaceLostHead(
    seen: MirrorHead, with publication: Publication, uploading packs: [(id: String, bytes: [UInt8])] = []
  ) throws(MirrorError) -> PublishOutcome {
    try publish(publication, packs, .exactly(seen), "replaceLostHead")
  }

  /// Replaces what stands at the head's key and is no head, provided that it still is none.
  ///
  /// A head of a newer schema is one, and stays. ``Publication/expected`` is ignored.
  ///
  /// - Parameters:
  ///   - publication: The new head and what goes with it.
  ///   - packs: Packs of the list to upload in the same round trip.
  /// - Returns: The new head, or why nothing was changed.
  /// - Throws: ``MirrorError``.
  public func replaceDamagedHead(
    with publication: Publication, uploading packs: [(id: String, bytes: [UInt8])] = []
  ) throws(MirrorError) -> PublishOutcome {
    try publish(publication, packs, .damaged, "replaceDamagedHead")
  }

  private func publish(
    _ publication: Publication, _ packs: [(id: String, bytes: [UInt8])], _ lease: Lease, _ operation: String
  ) throws(MirrorError) -> PublishOutcome {
    var preceding = packs
    if packs.reduce(0, { $0 + $1.bytes.count }) > limits.uploadBytes {
      try upload(packs)
      preceding = []
    }
    // Where each command is billed, packs get at once the TTL that they keep.
    let lasts = limits.billsCommands && !preceding.isEmpty
    let at = clock.wallMilliseconds
    let fixed = fixedArguments(publication, uploaded: (lasts ? ["="] : []) + packs.map(\.id), lease, at: at)
    let changes = publication.changes.suffix(limits.changes)
    let scriptKeys =
      [keys.head, keys.index, keys.changes, keys.cacheIndex] + publication.packs.map { keys.pack($0) }
      + publication.documents.map { keys.document($0.path) }
    Failpoint.publishReady.pass()
    let answer = try write(publication.documents, operation) { documents throws(MirrorError) in
      defer { preceding = [] }
      return try evaluate(
        PublishScript.script, keys: scriptKeys, arguments: fixed + documents + changes.flatMap(Self.arguments),
        after: preceding.map { uploadCommand($0, seconds: lasts ? ttl.pack : limits.unlistedPackSeconds) }, operation)
    }
    if lasts, !answer.isPublished { try retire(packs.map(\.id)) }
    switch answer {
    case .foreign(let documents): return .foreign(documents)
    case .finished("lease", let rest): return .leaseLost(try reading(rest, operation))
    case .finished("packs", let rest):
      return .missingPacks(
        rest.compactMap { $0.integer.map(Int.init) }.filter(publication.packs.indices.contains).map {
          publication.packs[$0]
        })
    case .finished("published", let rest):
      let parts = Array(rest)
      guard parts.count == 3, let seq = parts[0].integer, let before = parts[2].text else {
        throw unexpected(operation)
      }
      Failpoint.publishAccepted.pass()
      try retire(before.split(separator: " ").map(String.init).filter { !publication.packs.contains($0) })
      return .published(
        MirrorHead(
          commit: publication.head, seq: seq, bank: publication.bank, epoch: publication.epoch,
          packs: publication.packs, by: publication.by, at: at,
          projected: parts[1].text.flatMap { ObjectID(hex: $0) }))
    case .finished: throw unexpected(operation)
    }
  }

  private func fixedArguments(
    _ publication: Publication, uploaded: [String], _ lease: Lease, at: Int64
  ) -> [[UInt8]] {
    let mode: String
    var seen: MirrorHead?
    switch lease {
    case .asExpected: mode = publication.expected == nil ? "none" : "commit"
    case .exactly(let head):
      mode = "exact"
      seen = head
    case .damaged: mode = "damaged"
    }
    let counts = [publication.packs.count, publication.documents.count, min(publication.changes.count, limits.changes)]
    let lifetimes = [ttl.head, ttl.index, ttl.pack, ttl.changes, ttl.document]
    return counts.map { argument($0) } + [
      argument(mode), argument((seen?.commit ?? publication.expected)?.description ?? ""), argument(publication.bank),
      argument(seen?.epoch ?? publication.expectedEpoch ?? publication.epoch), argument(MirrorHead.currentSchema),
      argument(publication.head.description), argument(publication.epoch), argument(publication.minimumSeq),
      argument(publication.packs.joined(separator: " ")), argument(publication.by), argument(at),
      argument(publication.projectedAfter ? publication.head.description : ""),
    ] + lifetimes.map { argument($0) } + [
      argument(limits.changes), keys.events, argument(uploaded.joined(separator: " ")), argument(seen?.seq ?? 0),
      argument(seen?.packs.joined(separator: " ") ?? ""), argument(publication.cacheIndex == nil ? 0 : 1),
      publication.cacheIndex ?? [], argument(ttl.cache),
    ]
  }

  private static func arguments(_ change: ChangeRecord) -> [[UInt8]] {
    [
      argument(change.op.rawValue), change.path.bytes, argument(change.blob?.description ?? ""),
      argument(change.commit.description), argument(change.by), argument(change.at),
    ]
  }

  /// Brings a chunk of documents to a head that was published before; all of the chunk or nothing.
  ///
  /// - Returns: That it is done, or why nothing was changed.
  /// - Throws: ``MirrorError``.
  public func project(_ projection: Projection) throws(MirrorError) -> ProjectOutcome {
    let fixed = [
      argument(projection.documents.count), argument(projection.head.description),
      argument(projection.completes ? 1 : 0), argument(ttl.document), argument(ttl.index), argument(ttl.head),
    ]
    let scriptKeys = [keys.head, keys.index] + projection.documents.map { keys.document($0.path) }
    let answer = try write(projection.documents, "project") { documents throws(MirrorError) in
      try evaluate(ProjectScript.script, keys: scriptKeys, arguments: fixed + documents, "project")
    }
    switch answer {
    case .foreign(let documents): return .foreign(documents)
    case .finished("moved", let rest): return .headMoved(try reading(rest, "project"))
    case .finished("done", _):
      Failpoint.projectChunk.pass()
      return .done
    case .finished: throw unexpected("project")
    }
  }
}
