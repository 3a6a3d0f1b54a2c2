/// Something that reads what others wrote, and what must hold whatever that is.
struct FuzzTarget: Sendable {
  /// Its name, and that of its corpus.
  let name: String
  /// Longer inputs are slower, and find nothing more.
  let longest: Int
  /// What inputs are made of: mutations put these in.
  let words: [String]
  /// Inputs to begin with, besides the corpus.
  let seeds: [[UInt8]]
  /// Reads an input, and throws when something doesn't hold.
  ///
  /// A crash, a hang, a leak and too much memory are failures in any case.
  let run: @Sendable (_ input: inout FuzzInput) throws -> Void

  init(
    _ name: String, longest: Int = 4096, words: [String] = [], seeds: [String] = [], bytes: [[UInt8]] = [],
    run: @escaping @Sendable (_ input: inout FuzzInput) throws -> Void
  ) {
    self.name = name
    self.longest = longest
    self.words = words
    self.seeds = seeds.map { Array($0.utf8) } + bytes
    self.run = run
  }

  /// Runs one input.
  func check(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    try run(&input)
  }
}

/// Something that had to hold and didn't.
struct Broken: Error, CustomStringConvertible {
  let description: String
}

/// Throws unless something holds; `what` says what was found instead.
func hold(_ condition: Bool, _ what: @autoclosure () -> String) throws(Broken) {
  if !condition { throw Broken(description: what()) }
}

/// Throws unless a message is one line that steers no terminal.
func holdPrintable(_ text: String, _ what: String) throws(Broken) {
  let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
  try hold(isPrintable && !text.isEmpty, "\(what) is not a printable line: \(text.debugDescription)")
}

extension FuzzTarget {
  /// All of them; each has a file of its own in `Targets`.
  static let all: [FuzzTarget] = [
    .blockMerges, .commandLines, .commits, .configuration, .conflictNames, .control, .environment, .fileTables, .graphs,
    .heads,
    .imports, .indexEntries, .json, .logLines, .mirror, .packs, .paths, .patterns, .quantities, .redisURLs, .refs,
    .replies,
    .repositories, .secrets, .servers, .stateNotes, .storedForms, .textMerges, .treeMerges, .trees,
  ]

  /// The target of that name.
  static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
