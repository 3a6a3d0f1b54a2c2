public import Support

extension History {
  /// The commit that a person means: a ref's name or the end of one, `HEAD`, an id or at least four digits of
  /// it, each followed by any number of `~N` and `^N`.
  ///
  /// Nil when there is none.
  ///
  /// - Throws: ``HistoryError`` of kind `unusable` when the digits begin the ids of several commits.
  public func resolve(_ text: String) throws(HistoryError) -> ObjectID? {
    let end = text.firstIndex { $0 == "~" || $0 == "^" } ?? text.endIndex
    guard var id = try start(String(text[..<end])) else { return nil }
    var rest = text[end...]
    while let sign = rest.popFirst() {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard digits.count < 7, let count = digits.isEmpty ? 1 : Int(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      if sign == "~" {
        for _ in 0..<count {
          guard let parent = try graph.link(id).parents.first else { return nil }
          id = parent
        }
      } else if sign == "^" {
        let parents = try graph.link(id).parents
        guard count <= parents.count else { return nil }
        if count > 0 { id = parents[count - 1] }
      } else {
        return nil
      }
    }
    return id
  }

  private func start(_ name: String) throws(HistoryError) -> ObjectID? {
    if name.utf8.count == 40, let id = ObjectID(hex: name) { return contains(id) ? id : nil }
    if name == "HEAD" || name == "@" { return try headRef() }
    for full in [name, "refs/" + name, "refs/tags/" + name, "refs/heads/" + name, "refs/remotes/" + name] {
      if RefName.isValid(full), let id = try references.read(full) { return try peel(id) }
    }
    return try commit(beginning: name)
  }

  private func headRef() throws(HistoryError) -> ObjectID? {
    let bytes = try Disk.read(directory + "/HEAD") ?? []
    if let id = RefStore.parse(bytes) { return id }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("ref: "), let line = text.split(separator: "\n").first else { return nil }
    let target = String(line.dropFirst(5))
    return RefName.isValid(target) ? try references.read(target) : nil
  }

  /// What a tag names, in the end.
  private func peel(_ id: ObjectID) throws(HistoryError) -> ObjectID? {
    var id = id
    for _ in 0..<8 {
      let object = try store.read(id)
      guard object.kind == .tag else { return id }
      guard object.bytes.starts(with: "object ".utf8),
        let target = ObjectID(digits: object.bytes.dropFirst(7).prefix(40))
      else { return nil }
      id = target
    }
    return nil
  }

  private func commit(beginning digits: String) throws(HistoryError) -> ObjectID? {
    let digits = digits.lowercased()
    let count = digits.utf8.count
    guard (4..<40).contains(count), ObjectID(hex: digits + String(repeating: "0", count: 40 - count)) != nil
    else { return nil }
    var commits: [ObjectID] = []
    for id in try store.files.list(beginning: digits) where try store.header(id).kind == .commit { commits.append(id) }
    guard commits.count < 2 else {
      throw .unusable(
        "resolve", digits,
        "begins the ids of \(commits.count) commits: "
          + commits.sorted().prefix(8).map { $0.short(count + 4) }.joined(separator: ", "))
    }
    return commits.first
  }
}

extension LooseFiles {
  /// The loose objects whose ids begin with some digits, two or more.
  func list(beginning digits: String) throws(HistoryError) -> [ObjectID] {
    let folder = String(digits.prefix(2))
    return try Disk.list(directory + "/" + folder).filter { $0.hasPrefix(digits.dropFirst(2)) }
      .compactMap { ObjectID(hex: folder + $0) }
  }
}
