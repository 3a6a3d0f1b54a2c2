public import Support

/// What `P:head` says.
public struct MirrorHead: Hashable, Sendable {
  /// The version of the key layout that this program writes.
  public static let currentSchema = 1

  /// The newest commit.
  public var commit: ObjectID
  /// Rises with every publication.
  public var seq: Int64
  /// The bank's uuid.
  public var bank: String
  /// Rises with every redaction.
  public var epoch: Int
  /// The version of the key layout.
  public var schema: Int
  /// The packs that together hold every object reachable from the commit, oldest first.
  public var packs: [String]
  /// Who published it.
  public var by: String
  /// When, in milliseconds since 1970.
  public var at: Int64
  /// The commit that documents and index were last completely brought to; nil before the first time.
  public var projected: ObjectID?

  /// A head put together from its fields.
  public init(
    commit: ObjectID, seq: Int64, bank: String, epoch: Int, schema: Int = MirrorHead.currentSchema, packs: [String],
    by: String, at: Int64, projected: ObjectID?
  ) {
    self.commit = commit
    self.seq = seq
    self.bank = bank
    self.epoch = epoch
    self.schema = schema
    self.packs = packs
    self.by = by
    self.at = at
    self.projected = projected
  }
}

/// What was found at `P:head`.
public enum HeadReading: Hashable, Sendable {
  /// Nothing.
  case absent
  /// A head.
  case present(MirrorHead)
  /// A head of a later program, of this schema; to be left alone.
  case newerSchema(Int)
  /// Something else, and why it is no head.
  case damaged(String)

  /// The head, if there is one.
  public var head: MirrorHead? { if case .present(let head) = self { head } else { nil } }
}

extension HeadReading {
  /// Reads the fields of the hash.
  ///
  /// The publishing script decides by the same rules what is damaged.
  init(fields: [[UInt8]: [UInt8]]) {
    func text(_ name: String) -> String? { fields[Array(name.utf8)].flatMap { String(validating: $0, as: UTF8.self) } }
    guard !fields.isEmpty else {
      self = .absent
      return
    }
    if let schema = text("schema").flatMap(wholeNumber), schema > MirrorHead.currentSchema {
      self = .newerSchema(Int(schema))
      return
    }
    guard let commit = text("commit").flatMap({ ObjectID(hex: $0) }) else {
      self = .damaged("its commit is missing or no object id")
      return
    }
    guard let bank = text("bank"), !bank.isEmpty else {
      self = .damaged("its bank is missing")
      return
    }
    guard let seq = text("seq").flatMap(wholeNumber), let epoch = text("epoch").flatMap(wholeNumber),
      let schema = text("schema").flatMap(wholeNumber)
    else {
      self = .damaged("seq, epoch or schema is missing or no number")
      return
    }
    guard let packs = text("packs")?.utf8.split(separator: UInt8(ascii: " ")).map({ String(Substring($0)) }),
      packs.allSatisfy(isPackID)
    else {
      self = .damaged("its list of packs is missing or holds something else")
      return
    }
    self = .present(
      MirrorHead(
        commit: commit, seq: seq, bank: bank, epoch: Int(epoch), schema: Int(schema), packs: packs,
        by: text("by") ?? "", at: text("at").flatMap(wholeNumber) ?? 0,
        projected: text("projected").flatMap { ObjectID(hex: $0) }))
  }
}

/// A number of at most 15 decimal digits: what a script's double holds exactly, too.
func wholeNumber(_ text: String) -> Int64? {
  guard (1...15).contains(text.utf8.count),
    text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
  else { return nil }
  return Int64(text)
}
