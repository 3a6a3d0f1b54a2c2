import History
import Mirror
import Support

/// Which commits gave the files of a tip what they have, as far as that was asked.
struct GiversOfTip {
  let tip: ObjectID
  let asked: Set<BankPath>
  let found: [BankPath: ObjectID]
}

extension Engine {
  /// At most so many documents go with the script that moves the head; more follow in chunks of this size.
  static let chunkDocuments = 512
  /// At most so many bytes of documents go in one script.
  static let chunkBytes: Int64 = 1 << 20
  /// Packs are split below this size, in bytes.
  static let packLimit = 8 << 20

  /// What brings the remote's head to the tip; nil when it is there.
  func publication(_ index: Int, over head: MirrorHead?) throws(HistoryError) -> RemoteCall? {
    guard let tip else { return nil }
    guard let head else {
      guard let (publication, packs) = try fullPublication(index, over: nil) else { return nil }
      return .publish(publication, uploading: packs)
    }
    if head.commit == tip, !sessions[index].rebuildsPacks { return nil }
    guard try history.isAncestor(head.commit, of: tip) else { return nil }
    if sessions[index].rebuildsPacks {
      guard let (publication, packs) = try fullPublication(index, over: head) else { return nil }
      return .publish(publication, uploading: packs)
    }
    let headTree = try history.commit(head.commit).tree
    let deltas = try history.diff(headTree, tipTree)
    let paths = Set(deltas.map(\.path)).union(sessions[index].absorbed.keys).union(sessions[index].repair)
    let givers = try givers(of: paths, since: head.commit)
    var isSmall = head.projected == head.commit
    if isSmall { isSmall = try fitsOneScript(paths) }
    var documents: [DocumentUpdate] = []
    if isSmall {
      for path in paths.sorted() { documents.append(try update(index, path, givers, headTree: headTree)) }
    }
    let packs = try history.packs(from: tip, excluding: [head.commit], limit: Self.packLimit)
    let listed = head.packs + packs.map(\.id).filter { !head.packs.contains($0) }
    return .publish(
      Publication(
        expected: head.commit, head: tip, bank: settings.bank, epoch: head.epoch, minimumSeq: head.seq, packs: listed,
        documents: documents, projectedAfter: isSmall, changes: try records(deltas, givers), by: settings.replica,
        cacheIndex: try cacheIndex()), uploading: packs)
  }

  /// A publication that stands on nothing: all packs made anew, documents to follow in chunks.
  func fullPublication(
    _ index: Int, over head: MirrorHead?
  ) throws(HistoryError) -> (Publication, [Pack])? {
    guard let tip else { return nil }
    let expected = head?.commit
    let packs = try history.packs(from: tip, excluding: [], limit: Self.packLimit)
    var deltas: [TreeDelta] = []
    if expected == nil {
      deltas = try history.diff(nil, tipTree)
    } else if let expected, expected != tip, history.contains(expected) {
      deltas = try history.diff(history.commit(expected).tree, tipTree)
    }
    let givers = try givers(of: Set(deltas.map(\.path)), since: nil)
    let publication = Publication(
      expected: expected, head: tip, bank: settings.bank, epoch: head?.epoch ?? 0,
      minimumSeq: max(head?.seq ?? 0, sessions[index].lastSequence),
      packs: packs.map(\.id),
      documents: [], projectedAfter: false, changes: try records(deltas, givers), by: settings.replica,
      cacheIndex: try cacheIndex())
    return (publication, packs)
  }

  /// The next chunk of documents that lag behind the head, or have to be written again.
  func projection(_ index: Int, _ head: MirrorHead) throws(HistoryError) -> RemoteCall? {
    guard let tree = tipTree, head.commit == tip else { return nil }
    if head.projected != head.commit {
      if sessions[index].lagging?.head != head.commit {
        sessions[index].lagging = Lagging(head: head.commit, paths: try laggingPaths(index, head, tree)[...])
      }
      let paths = sessions[index].lagging?.paths ?? [][...]
      let chunk = try firstChunk(of: paths)
      return .project(
        try projection(index, head, chunk, of: paths, completes: chunk.count == paths.count))
    }
    guard !sessions[index].repair.isEmpty else { return nil }
    let paths = sessions[index].repair.sorted()
    return .project(try projection(index, head, firstChunk(of: paths[...]), of: paths[...], completes: false))
  }

  private func projection(
    _ index: Int, _ head: MirrorHead, _ paths: [BankPath], of all: ArraySlice<BankPath>, completes: Bool
  ) throws(HistoryError) -> Projection {
    let givers = try givers(of: paths, among: all)
    var documents: [DocumentUpdate] = []
    for path in paths { documents.append(try update(index, path, givers, headTree: nil)) }
    return Projection(head: head.commit, documents: documents, completes: completes)
  }

  private func laggingPaths(_ index: Int, _ head: MirrorHead, _ tree: ObjectID) throws(HistoryError) -> [BankPath] {
    var before: ObjectID?
    if let projected = head.projected, history.contains(projected) { before = try history.commit(projected).tree }
    return Set(try history.diff(before, tree).map(\.path)).union(sessions[index].repair).sorted()
  }

  private func firstChunk(of paths: ArraySlice<BankPath>) throws(HistoryError) -> [BankPath] {
    var chunk: [BankPath] = []
    var bytes: Int64 = 0
    for path in paths {
      if let entry = tipFiles[path] { bytes += try history.blobSize(entry.blob) }
      if !chunk.isEmpty, bytes > Self.chunkBytes || chunk.count >= Self.chunkDocuments { break }
      chunk.append(path)
    }
    return chunk
  }

  private func fitsOneScript(_ paths: Set<BankPath>) throws(HistoryError) -> Bool {
    guard paths.count <= Self.chunkDocuments else { return false }
    return try firstChunk(of: paths.sorted()[...]).count == paths.count
  }

  /// What is to stand in Redis for one path.
  private func update(
    _ index: Int, _ path: BankPath, _ givers: [BankPath: ObjectID], headTree: ObjectID?
  ) throws(HistoryError) -> DocumentUpdate {
    var allowed = sessions[index].absorbed[path] ?? []
    if let headTree, let before = try history.entry(path, inTree: headTree) { allowed.insert(before.blob) }
    guard let tip else { preconditionFailure("a document is written only for a tip") }
    let giver = givers[path] ?? tip
    let at = try history.commit(giver).committer.seconds * 1000
    guard let entry = tipFiles[path] else {
      return DocumentUpdate(
        path: path, kind: .deleted, blob: ObjectID.blob(of: []), size: 0, commit: giver, at: at, allowed: allowed)
    }
    allowed.insert(entry.blob)
    let size = try history.blobSize(entry.blob)
    let kind: DocumentUpdate.Kind =
      size > settings.documentLimit ? .withoutDocument : .text(try history.blob(entry.blob))
    return DocumentUpdate(
      path: path, kind: kind, blob: entry.blob, size: size, commit: giver, at: at, allowed: allowed)
  }

  private func givers(of paths: Set<BankPath>, since: ObjectID?) throws(HistoryError) -> [BankPath: ObjectID] {
    guard let tip, !paths.isEmpty else { return [:] }
    var found = try history.givers(of: paths, at: tip, excluding: since.map { [$0] } ?? [])
    if since != nil {
      let rest = paths.filter { found[$0] == nil && tipFiles[$0] != nil }
      if !rest.isEmpty { found.merge(try history.givers(of: rest, at: tip, excluding: [])) { first, _ in first } }
    }
    return found
  }

  /// The givers of a chunk: those of all that is waiting are looked up at once, since each look goes through the
  /// history.
  private func givers(
    of chunk: [BankPath], among all: ArraySlice<BankPath>
  ) throws(HistoryError) -> [BankPath: ObjectID] {
    guard let tip else { return [:] }
    if let givers = giversOfTip, givers.tip == tip, chunk.allSatisfy(givers.asked.contains) { return givers.found }
    let asked = Set(all)
    let found = try givers(of: asked, since: nil)
    giversOfTip = asked.count > chunk.count ? GiversOfTip(tip: tip, asked: asked, found: found) : nil
    return found
  }

  private func records(
    _ deltas: [TreeDelta], _ givers: [BankPath: ObjectID]
  ) throws(HistoryError) -> [ChangeRecord] {
    guard let tip else { return [] }
    var records: [ChangeRecord] = []
    for delta in deltas {
      let commit = try history.commit(givers[delta.path] ?? tip)
      records.append(
        ChangeRecord(
          op: delta.new == nil ? .delete : delta.old == nil ? .add : .update, path: delta.path, blob: delta.new?.blob,
          commit: commit.id, by: commit.author.name, at: commit.committer.seconds * 1000))
    }
    return records
  }
}
