import RedisTransport
public import Support

extension Mirror {
  /// Compares documents with the index; each is read in one step with its entry.
  ///
  /// - Parameters:
  ///   - paths: The documents to look at; nil: all that the index or a key names.
  ///   - head: The commit that the head must have all the while; nil: any. With another head the inspection ends
  ///     there, not complete.
  ///   - all: Whether documents that agree with the index are returned as well: where the head is lost, they may be
  ///     all that is left of a version.
  /// - Returns: What was found, in the order of the paths.
  /// - Throws: ``MirrorError``.
  public func inspect(
    _ paths: [BankPath]?, head: ObjectID?, all: Bool = false
  ) throws(MirrorError) -> Inspection {
    var found = Inspection(
      head: .absent, complete: true, foreign: [], missing: [], index: paths == nil ? [:] : nil, problems: [])
    var waiting: ArraySlice<BankPath>
    if let paths { waiting = paths[...] } else { waiting = try allPaths(&found)[...] }
    repeat {
      // Several chunks in one round trip: the server reads the next while this end takes the last in.
      var chunks: [[BankPath]] = []
      repeat {
        // A script hands some thousand arguments over at most.
        let chunk = Array(waiting.prefix(min(max(limits.chunkDocuments, 1), 1000)))
        chunks.append(chunk)
        waiting = waiting.dropFirst(chunk.count)
      } while !waiting.isEmpty && chunks.count < 4
      var later: [BankPath] = []
      let answers: [[RedisValue]]
      do throws(MirrorError) {
        answers = try read(chunks, head)
      } catch {
        // Hosted servers bound what one command returns, those inside of scripts too: fewer documents at a time.
        guard error.redis?.kind == .tooLarge, let most = chunks.map(\.count).max(), most > 1 else { throw error }
        limits.chunkDocuments = most / 2
        waiting = chunks.flatMap(\.self) + waiting
        continue
      }
      for (chunk, parts) in zip(chunks, answers) {
        if parts.first?.text == "wrongtype" {
          throw MirrorError(.wrongType, operation: "inspect", operand: escaped(keys.index))
        }
        guard parts.count >= 3, let word = parts[0].text, let fields = parts[1].fields else {
          throw unexpected("inspect")
        }
        found.head = parts[2].text == "head" ? .damaged("it is not a hash") : HeadReading(fields: fields)
        if word == "moved" {
          found.complete = false
          return found
        }
        guard word == "here", parts.count == 6, let values = parts[3].array, let entries = parts[4].array,
          let notes = parts[5].array, [values.count, entries.count, notes.count].allSatisfy({ $0 == chunk.count })
        else { throw unexpected("inspect") }
        for (position, path) in chunk.enumerated() {
          if case .bulk(let note) = notes[position], note == argument("later") {
            later.append(path)
          } else {
            judge(path, values[position], entries[position], notes[position], all, &found)
          }
        }
      }
      // The first value is always given; a server that gives none would be asked for ever.
      guard later.count < chunks.reduce(0, { $0 + $1.count }) || later.isEmpty else { throw unexpected("inspect") }
      if !later.isEmpty { waiting = later + waiting }
    } while !waiting.isEmpty
    return found
  }

  private func read(_ chunks: [[BankPath]], _ head: ObjectID?) throws(MirrorError) -> [[RedisValue]] {
    let requests = chunks.map { chunk in
      (
        keys: [keys.head, keys.index] + chunk.map { keys.document($0) },
        arguments: [
          argument(head?.description ?? ""), argument(limits.documentBytes), argument(limits.chunkBytes),
        ] + chunk.map(\.bytes)
      )
    }
    do throws(RedisError) {
      return try client.evaluate(InspectScript.script, requests).map { $0.array ?? [] }
    } catch {
      throw MirrorError(error, operation: "inspect")
    }
  }

  private func judge(
    _ path: BankPath, _ value: RedisValue, _ json: RedisValue, _ note: RedisValue, _ all: Bool,
    _ found: inout Inspection
  ) {
    let entry = json.bytes.flatMap { IndexEntry(json: $0) }
    if entry == nil, !json.isNull {
      found.problems.append(
        MirrorProblem(.badEntry, name: path.bytes, path: path, reason: "has an index entry that can't be read"))
    }
    found.index?[path] = entry
    guard let stored = value.bytes else {
      let words = (note.text ?? "").split(separator: " ")
      switch words.first {
      case "type":
        found.problems.append(
          MirrorProblem(
            .wrongType, name: keys.document(path), path: path, reason: "is a \(words.last ?? "?"), not a string"))
      case "size":
        found.problems.append(
          MirrorProblem(
            .tooLarge, name: keys.document(path), path: path,
            reason: "has \(words.last ?? "?") bytes, over the limit of \(limits.documentBytes)"))
      default:
        if let entry, !entry.withoutDocument { found.missing.append(path) }
      }
      return
    }
    guard let bytes = StoredForm.decode(stored) else {
      found.problems.append(
        MirrorProblem(
          .undecodable, name: keys.document(path), path: path, reason: "begins with membank:base64: and isn't base64"))
      return
    }
    let blob = ObjectID.blob(of: bytes)
    if all || blob != entry?.blob {
      found.foreign.append(ForeignDocument(path: path, bytes: bytes, blob: blob, entry: entry))
    }
  }

  /// All paths that the index or a document's key names, in order.
  private func allPaths(_ found: inout Inspection) throws(MirrorError) -> [BankPath] {
    var seen: Set<[UInt8]> = []
    var paths: [BankPath] = []
    let names = try accepted(
      try run([RedisCommand("HKEYS", bytes: [keys.index])], "inspect")[0], "inspect", key: keys.index)
    for name in names.array ?? [] {
      guard let bytes = name.bytes else { continue }
      seen.insert(bytes)
      do throws(PathProblem) {
        paths.append(try BankPath(bytes))
      } catch {
        found.problems.append(MirrorProblem(.badName, name: bytes, path: nil, reason: "\(error) (in the index)"))
      }
    }
    for key in try scan(keys.documentPrefix, "inspect") {
      let bytes = Array(key[keys.documentPrefix.count...])
      guard seen.insert(bytes).inserted else { continue }
      do throws(PathProblem) {
        paths.append(try BankPath(bytes))
      } catch {
        found.problems.append(MirrorProblem(.badName, name: key, path: nil, reason: "\(error)"))
      }
    }
    found.problems.sort { $0.name < $1.name }
    found.index?.reserveCapacity(paths.count)
    return paths.sorted()
  }

  /// The keys that begin so; one may come twice, and what comes or goes meanwhile may be among them or not.
  ///
  /// A command with one of the bank's keys has to be sent before: it leads to the right node of a cluster.
  func scan(_ prefix: [UInt8], _ operation: String) throws(MirrorError) -> [[UInt8]] {
    let pattern = MirrorKeys.pattern(beginningWith: prefix)
    var names: [[UInt8]] = []
    var cursor = argument("0")
    repeat {
      let command = RedisCommand([
        argument("SCAN"), cursor, argument("MATCH"), pattern, argument("COUNT"), argument("2000"),
      ])
      let page = try accepted(try run([command], operation)[0], operation)
      guard let parts = page.array, parts.count == 2, let next = parts[0].bytes, let found = parts[1].array else {
        throw unexpected(operation)
      }
      // A server that gives others as well is not believed.
      names += found.compactMap(\.bytes).filter { $0.starts(with: prefix) }
      cursor = next
    } while cursor != argument("0")
    return names
  }
}
