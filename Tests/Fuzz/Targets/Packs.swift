import FoundationEssentials
import Support

@testable import History

extension FuzzTarget {
  /// Packs from a stranger: any bytes, or entries of any sort in a frame that is right.
  static let packs = FuzzTarget(
    "packs", longest: 2048, words: ["PACK\0\0\0\u{2}\0\0\0\u{1}", "tree ", "100644 a\0"],
    seeds: [
      "\u{1}\u{2}\u{3}\0\u{5}hello\u{6}\0\0\u{4}\u{5}\u{3}\u{2}ab", "\u{1}\u{1}\u{1}\0\u{30}tree \(hex("a"))\n",
      "\0PACK\0\0\0\u{2}\0\0\0\0",
    ]
  ) { input in
    let isMade = input.flag()
    let bytes = isMade ? made(&input) : framed(input.rest())
    let scratch = try Scratch()
    let history = try History.create(at: scratch.path + "/h")
    let alone = try objects(bytes)
    do {
      try history.addPack(bytes)
      // A small pack's objects are loose now, and are what they are called.
      for id in try history.store.files.listLoose() {
        let object = try history.store.read(id)
        try hold(ObjectText.id(object.kind, object.bytes) == id, "\(id) is another object")
        try FormatCheck.check(object)
      }
      try hold(try Set(history.store.files.listLoose()) == alone ?? [], "other objects than the pack has")
    } catch let error as HistoryError {
      try hold(error.kind == .damaged, "\(error)")
      try hold(try history.store.files.listLoose().isEmpty, "something was added, and the pack refused")
      return
    }
    // libgit2 reads packs too: where both take one, they find the same in it. What it finds twice it leaks.
    guard try PackScan(bytes).objects().count == alone?.count else { return }
    let other = try History.create(at: scratch.path + "/g")
    guard let disk = other.store.disk, (try? PackQuarantine(disk).add(bytes)) != nil else { return }
    let found = try PackIndex.all(in: disk.path + "/pack").packs.flatMap { pack in
      (0..<pack.count).map { pack.id(at: $0) }
    }
    try hold(Set(found) == alone ?? Set(found), "libgit2 finds other objects")
  }

  /// The pack's objects by our own reading; nil when it refuses.
  private static func objects(_ bytes: [UInt8]) throws -> Set<ObjectID>? {
    guard let scan = try? PackScan(bytes), scan.isSmall, let objects = try? scan.objects() else { return nil }
    return Set(objects.map { ObjectText.id($0.kind, $0.bytes) })
  }

  /// Any bytes with the checksum that they should have.
  private static func framed(_ bytes: [UInt8]) -> [UInt8] { bytes + ObjectText.sha1(bytes[...]).bytes }

  private static func made(_ input: inout FuzzInput) -> [UInt8] {
    let deflater = Deflater()
    var body: [UInt8] = []
    var offsets: [Int] = []
    var ids: [ObjectID] = []
    var sizes: [Int] = []
    let claimed = Int(input.byte())
    while !input.isEmpty, offsets.count < 24 {
      let offset = 12 + body.count
      let kind = input.byte() % 8
      let lie = Int(input.byte())
      var content = kind == 6 || kind == 7 ? delta(&input, sizes) : input.piece()
      if let whole = ObjectKind(rawValue: kind) { ids.append(ObjectText.id(whole, content)) }
      sizes.append(content.count)
      // One size in eight is not the true one.
      let size = lie & 7 == 7 ? lie >> 3 : content.count
      var header = PackFormat.entryHeader(.blob, size: size)
      header[0] = header[0] & 0x8f | kind << 4
      if kind == 6 { header += distance(offset - (input.one(of: offsets) ?? 0)) }
      if kind == 7 { header += (input.one(of: ids) ?? .blob(of: [])).bytes }
      content = (try? deflater.deflate(content)) ?? []
      if lie == 6 { content.removeLast(min(content.count, 2)) }
      offsets.append(offset)
      body += header + content
    }
    let count = claimed & 7 == 7 ? claimed >> 3 : offsets.count
    return framed(PackFormat.start(count: count) + body)
  }

  /// Sizes that may be right, then instructions or anything.
  private static func delta(_ input: inout FuzzInput, _ sizes: [Int]) -> [UInt8] {
    let base = input.one(of: sizes) ?? 0
    let body = input.piece()
    let total = input.flag() ? Int(input.byte()) : base
    return number(base) + number(total) + body
  }

  private static func number(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80, UInt8(value >> 7 & 0x7f)]
  }

  private static func distance(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value & 0x7f)] : [UInt8((value >> 7) - 1 & 0x7f) | 0x80, UInt8(value & 0x7f)]
  }
}
