import RedisTransport
public import Support

/// A document as it should be.
public struct ExpectedDocument: Hashable, Sendable {
  /// The document.
  public var path: BankPath
  /// The blob id of the value as it is stored.
  public var stored: ObjectID
  /// The number of its bytes.
  public var size: Int64

  /// What should stand at a path.
  public init(path: BankPath, stored: ObjectID, size: Int64) {
    self.path = path
    self.stored = stored
    self.size = size
  }

  /// What should stand at a path whose file has these bytes.
  public init(path: BankPath, bytes: [UInt8]) {
    let value = StoredForm.encode(bytes)
    self.init(path: path, stored: ObjectID.blob(of: value), size: Int64(value.count))
  }
}

/// What a look came to.
public enum LookOutcome: Hashable, Sendable {
  /// These documents are something else, or are not there; all others are as they should be.
  case here(differing: [BankPath])
  /// The head is another one.
  case moved(HeadReading)
}

extension Mirror {
  /// Looks whether documents are as they should be, and the head is the one expected.
  ///
  /// It reads nothing out, and so costs least where commands and bytes are billed; what it finds has to be inspected
  /// then (``inspect(_:head:all:)``). Documents that nobody expects it does not see.
  ///
  /// - Throws: ``MirrorError``.
  public func look(_ documents: [ExpectedDocument], head: ObjectID) throws(MirrorError) -> LookOutcome {
    // One command inside a script is bounded as one from outside is, and so is what the server's Lua may hold.
    var chunks: [[ExpectedDocument]] = []
    var room = 0
    for document in documents {
      if chunks.isEmpty || chunks[chunks.count - 1].count >= 1000 || room < document.size {
        chunks.append([])
        room = limits.chunkBytes
      }
      chunks[chunks.count - 1].append(document)
      room -= Int(document.size)
    }
    if chunks.isEmpty { chunks = [[]] }
    var differing: [BankPath] = []
    for chunk in chunks {
      let (word, rest): (String, ArraySlice<RedisValue>)
      do throws(MirrorError) {
        (word, rest) = try evaluate(
          LookScript.script, keys: [keys.head] + chunk.map { keys.document($0.path) },
          arguments: [argument(head.description)] + chunk.map { argument($0.stored.description) }, "look")
      } catch {
        // Somebody made a document so large that no command may read it together with the others.
        guard error.redis?.kind == .tooLarge else { throw error }
        differing += chunk.map(\.path)
        continue
      }
      switch word {
      case "moved": return .moved(try reading(rest, "look"))
      case "here":
        differing += rest.compactMap { $0.integer.map(Int.init) }.filter(chunk.indices.contains).map { chunk[$0].path }
      default: throw unexpected("look")
      }
    }
    return .here(differing: differing)
  }
}
