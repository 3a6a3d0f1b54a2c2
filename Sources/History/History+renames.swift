public import Support

extension History {
  /// How alike two files must be to be taken for one that was renamed, in percent; git's own default.
  static let renameSimilarity = 50

  /// How many pairs of files are compared at most: some hundred milliseconds' worth.
  private static let comparisons = 40_000

  /// The files that were renamed, among the differences of two trees: equal ones first, then similar ones.
  ///
  /// The result depends on the differences alone. Where hundreds of files went and came, only equal ones are paired.
  public func renames(in deltas: [TreeDelta]) throws(HistoryError) -> [(from: BankPath, to: BankPath)] {
    var gone = deltas.filter { $0.new == nil }.compactMap { delta in delta.old.map { (path: delta.path, blob: $0.blob) }
    }
    var come = deltas.filter { $0.old == nil }.compactMap { delta in delta.new.map { (path: delta.path, blob: $0.blob) }
    }
    var pairs: [(from: BankPath, to: BankPath)] = []
    var byBlob: [ObjectID: [BankPath]] = [:]
    for (path, blob) in gone { byBlob[blob, default: []].append(path) }
    // Those that kept their name choose first: of several equal files each goes where it plainly went.
    for sameName in [true, false] {
      come.removeAll { new in
        guard let sources = byBlob[new.blob],
          let index = sources.firstIndex(where: { !sameName || $0.name == new.path.name })
        else { return false }
        byBlob[new.blob]?.remove(at: index)
        pairs.append((sources[index], new.path))
        return true
      }
    }
    let taken = Set(pairs.map(\.from))
    gone.removeAll { taken.contains($0.path) }
    if !gone.isEmpty, !come.isEmpty, gone.count * come.count <= Self.comparisons {
      pairs += try similar(gone, come)
    }
    return pairs.sorted { $0.to < $1.to }
  }

  private func similar(
    _ gone: [(path: BankPath, blob: ObjectID)], _ come: [(path: BankPath, blob: ObjectID)]
  ) throws(HistoryError) -> [(from: BankPath, to: BankPath)] {
    let olds = try gone.map { file throws(HistoryError) in try measure(file.blob) }
    var scored: [(score: Int, from: Int, to: Int)] = []
    for (to, file) in come.enumerated() {
      guard let new = try measure(file.blob) else { continue }
      for (from, old) in olds.enumerated() {
        guard let score = old?.percent(new, least: Self.renameSimilarity), score >= Self.renameSimilarity else {
          continue
        }
        scored.append((score, from, to))
      }
    }
    scored.sort { ($1.score, $0.from, $0.to) < ($0.score, $1.from, $1.to) }
    var pairs: [(from: BankPath, to: BankPath)] = []
    var used: (from: Set<Int>, to: Set<Int>) = ([], [])
    for (_, from, to) in scored where !used.from.contains(from) && !used.to.contains(to) {
      used.from.insert(from)
      used.to.insert(to)
      pairs.append((gone[from].path, come[to].path))
    }
    return pairs
  }

  /// Empty files are like nothing, and large ones are not worth the time.
  private func measure(_ blob: ObjectID) throws(HistoryError) -> Similarity? {
    guard try (1...(1 << 20)).contains(blobSize(blob)) else { return nil }
    return Similarity(try self.blob(blob))
  }
}
