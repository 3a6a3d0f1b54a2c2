import CLinux
import GeneratedBanks
import Glibc
import MarkdownMerge

/// How often two sides' edits of a document conflict, and how often a merge is wrong, beside git's merge of lines.
///
/// The documents and the edits are made up, from seeds. Every merge of ours is looked at; git, which takes a process for
/// each, gets a share of them.
enum MergeBenchmark {
  private static let edits = [1, 2, 4, 8]
  /// So many documents of each kind for each number of edits: more than 100,000 merges in all.
  private static let documents = 6_400
  /// How many of them git gets.
  private static let documentsForGit = 400

  static func run(_ workshop: Workshop) throws -> [Row] {
    let git = try GitMergeFile(workshop)
    var rows: [Row] = []
    for count in edits {
      var all = Tally()
      for template in Template.allCases {
        let tally = try Tally(template, edits: count, workshop.options, git)
        rows.append(
          Row(
            "conflicts, \(template.rawValue), \(count) a side", tally.ours.conflictPercent, "%",
            peer: ("git merge-file", tally.git.conflictPercent)))
        all.add(tally)
      }
      rows.append(all.conflicts("conflicts, all, \(count) a side", isJudged: count == 4))
      rows += all.faults(count)
    }
    return rows + (try LongMerge.rows(workshop, git))
  }

  /// What came of the merges of one kind.
  private struct Tally {
    private(set) var ours = Score()
    private(set) var git = Score()
    private(set) var union = Score()

    init() {}

    init(_ template: Template, edits: Int, _ options: Options, _ git: GitMergeFile) throws {
      for seed in 0..<UInt64(options.times(documents)) {
        let merge = MergeCase(template, edits: edits, seed: seed)
        let (base, one, other) = merge.texts
        // Which side is the later one takes turns.
        let (earlier, later) = seed % 2 == 0 ? (one, other) : (other, one)
        ours.add(StructuralMerge.merge(base: base, earlier: earlier, later: later), merge)
        guard seed < options.times(documentsForGit) else { continue }
        self.git.add(try git.merge(base, earlier, later), merge)
        union.add(try git.merge(base, earlier, later, options: ["--union"]), merge)
      }
    }

    mutating func add(_ other: Tally) {
      ours.add(other.ours)
      git.add(other.git)
      union.add(other.union)
    }

    func conflicts(_ name: String, isJudged: Bool) -> Row {
      let peer = ("git merge-file", git.conflictPercent)
      return isJudged
        ? Row(name, ours.conflictPercent, "%", peer: peer, atMost: 0.2)
        : Row(name, ours.conflictPercent, "%", peer: peer)
    }

    /// How many merges lost, doubled or resurrected a line, or say two things of one.
    func faults(_ edits: Int) -> [Row] {
      [
        Row(
          "wrong merges of \(ours.merges), \(edits) a side", ours.faultPercent, "%", atMost: 0,
          peer: ("git merge-file", git.faultPercent)),
        Row("  beside both sides' lines", ours.faultPercent, "%", peer: ("git merge-file --union", union.faultPercent)),
      ]
    }
  }

  /// What came of one program's merges.
  private struct Score {
    private(set) var merges = 0
    private var conflicts = 0
    private var wrong = 0

    var conflictPercent: Double { percent(conflicts) }
    var faultPercent: Double { percent(wrong) }

    private func percent(_ count: Int) -> Double { merges == 0 ? 0 : 100 * Double(count) / Double(merges) }

    mutating func add(_ outcome: MergeOutcome, _ merge: MergeCase) {
      switch outcome {
      case .merged(let text): add(text, aside: [], isClean: true, merge)
      case .partly(let text, let parts): add(text, aside: parts.flatMap(\.aside), isClean: false, merge)
      case .refused: add(nil, aside: [], isClean: false, merge)
      }
    }

    mutating func add(_ text: [UInt8]?, _ merge: MergeCase) { add(text, aside: [], isClean: text != nil, merge) }

    private mutating func add(_ text: [UInt8]?, aside: [UInt8], isClean: Bool, _ merge: MergeCase) {
      merges += 1
      if !isClean { conflicts += 1 }
      guard let text else { return }
      let faults = merge.faults(
        in: String(decoding: text, as: UTF8.self), aside: String(decoding: aside, as: UTF8.self))
      if !faults.isEmpty { wrong += 1 }
    }

    mutating func add(_ other: Score) {
      merges += other.merges
      conflicts += other.conflicts
      wrong += other.wrong
    }
  }
}

/// How long the merge of two documents of 2,000 lines takes.
///
/// In CPU time, since nothing is waited for: what else the machine does falls on neither.
private enum LongMerge {
  private static let lines = 2_000

  static func rows(_ workshop: Workshop, _ git: GitMergeFile) throws -> [Row] {
    try Template.allCases.map { template in
      let (base, one, other) = MergeCase(template, lines: lines, edits: 40, seed: 1).texts
      var (ours, gits): ([Double], [Double]) = ([], [])
      for _ in 0..<workshop.options.times(100) {
        let start = processorTime()
        _ = StructuralMerge.merge(base: base, earlier: one, later: other)
        ours.append(processorTime() - start)
        gits.append(try git.cost(base, one, other).cpu)
      }
      return Row(
        "merge of \(lines) lines, \(template.rawValue), 40 edits a side", median(ours), "ms of CPU", atMost: 20,
        peer: ("git merge-file, its start included", median(gits)))
    }
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// What this thread has used, in milliseconds.
  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
  }
}

extension MergeCase {
  /// The three versions' bytes.
  fileprivate var texts: (base: [UInt8], one: [UInt8], other: [UInt8]) {
    (Array(base.text.utf8), Array(one.text.utf8), Array(other.text.utf8))
  }
}

/// git's merge of lines.
private struct GitMergeFile {
  private let directory: String
  private let environment: [String: String]

  init(_ workshop: Workshop) throws {
    directory = try workshop.folder("merge")
    environment = Workshop.environment(home: directory)
  }

  /// Merges three texts; nil when they conflict.
  func merge(_ base: [UInt8], _ one: [UInt8], _ other: [UInt8], options: [String] = []) throws -> [UInt8]? {
    // The exit status is the number of conflicts.
    try cost(base, one, other, options: options).status == 0 ? Files.read(ours) : nil
  }

  /// What merging three texts costs.
  func cost(_ base: [UInt8], _ one: [UInt8], _ other: [UInt8], options: [String] = []) throws -> Cost {
    let names = [ours, "\(directory)/base", "\(directory)/theirs"]
    for (name, text) in zip(names, [one, base, other]) { try Files.write(text, to: name) }
    return try Command(["git", "merge-file", "--quiet"] + options + names, environment: environment)
      .run(log: "\(directory)/log", accepting: Set(0...127))
  }

  private var ours: String { "\(directory)/ours" }
}
