import RedisTransport
import Support

/// What a script did or found about the documents it was to write.
enum DocumentsAnswer {
  case finished(word: String, rest: ArraySlice<RedisValue>)
  case foreign([ForeignDocument])

  var isPublished: Bool { if case .finished("published", _) = self { true } else { false } }
}

extension Mirror {
  /// The documents' arguments for a script; `also` are further stored ids that may stand there.
  func arguments(for documents: [DocumentUpdate], also: [Int: Set<ObjectID>]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    result.reserveCapacity(documents.count * 6)
    for (position, document) in documents.enumerated() {
      var entry = IndexEntry(
        blob: document.blob, size: document.size, commit: document.commit, at: document.at)
      var value: [UInt8] = []
      var stored: ObjectID?
      let word: String
      switch document.kind {
      case .text(let bytes):
        word = "set"
        value = StoredForm.encode(bytes)
        stored = value.count == bytes.count ? document.blob : ObjectID.blob(of: value)
        if stored != document.blob { entry.stored = stored }
      case .withoutDocument:
        word = "leave"
        entry.withoutDocument = true
      case .deleted: word = "delete"
      }
      let allowed = document.allowed.union(also[position] ?? []).map(\.description).sorted()
      result += [
        document.path.bytes, argument(word), argument(stored?.description ?? ""),
        document.kind == .deleted ? [] : entry.json, argument(allowed.joined(separator: " ")), value,
      ]
    }
    return result
  }

  /// Runs a script that writes documents.
  ///
  /// Scripts compare ids of stored values, callers speak of decoded bytes. Where the two differ (a document that a
  /// stranger stored in another form) the script reports the value, and is run again with its stored id allowed if
  /// the decoded bytes are.
  func write(
    _ documents: [DocumentUpdate], _ operation: String,
    _ attempt: ([[UInt8]]) throws(MirrorError) -> (word: String, rest: ArraySlice<RedisValue>)
  ) throws(MirrorError) -> DocumentsAnswer {
    var also: [Int: Set<ObjectID>] = [:]
    while true {
      let (word, rest) = try attempt(arguments(for: documents, also: also))
      guard word == "foreign" else { return .finished(word: word, rest: rest) }
      var foreign: [ForeignDocument] = []
      var progress = false
      for found in rest.first?.array ?? [] {
        guard let parts = found.array, parts.count == 3, let position = parts[0].integer.map(Int.init),
          documents.indices.contains(position), let value = parts[1].bytes
        else { throw unexpected(operation) }
        let update = documents[position]
        let entry = parts[2].bytes.flatMap { IndexEntry(json: $0) }
        let bytes = StoredForm.decode(value)
        let blob = bytes.map { ObjectID.blob(of: $0) }
        if let blob,
          blob == update.blob && update.kind != .deleted || update.allowed.contains(blob) || blob == entry?.blob
        {
          progress = also[position, default: []].insert(ObjectID.blob(of: value)).inserted || progress
        } else {
          // What can't be decoded is a version as it stands.
          foreign.append(
            ForeignDocument(
              path: update.path, bytes: bytes ?? value, blob: blob ?? ObjectID.blob(of: value), entry: entry))
        }
      }
      guard foreign.isEmpty else { return .foreign(foreign) }
      guard progress else { throw unexpected(operation) }
    }
  }
}
