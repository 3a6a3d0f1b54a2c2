import Glibc
import SimulatedRedis
import Simulation

/// `make simulate`: runs many seeds, or tells the story of one.
@main
enum Program {
  static func main() throws {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      print("options: \(Options.names.map { "--\($0)" }.joined(separator: " "))")
      exit(2)
    }
    exit(try options.seed.map { try Story(seed: $0, options).tell() } ?? Many(options).run())
  }
}

/// What the command line asks for.
struct Options {
  static let names = ["seed", "seeds", "first", "steps", "jobs", "seconds", "keep", "effects", "stop"]
  private var values: [String: String] = [:]

  /// Nil where a word is no option.
  init?(_ words: some Sequence<String>) {
    var words = Array(words)[...]
    while let word = words.popFirst() {
      guard word.hasPrefix("--"), Self.names.contains(String(word.dropFirst(2))) else { return nil }
      let value = words.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
      if value != nil { words = words.dropFirst() }
      values[String(word.dropFirst(2))] = value ?? ""
    }
  }

  var seed: UInt64? { number("seed").map { UInt64($0) } }
  var seeds: Int { number("seeds") ?? 1000 }
  var first: UInt64 { UInt64(number("first") ?? 1) }
  var steps: Int { number("steps") ?? 200 }
  var jobs: Int { max(1, number("jobs") ?? 2) }
  var seconds: Double { number("seconds").map(Double.init) ?? .infinity }
  /// The operations that take place; nil: all.
  var keep: Set<Int>? { values["keep"].map { Set($0.split(separator: ",").compactMap { Int($0) }) } }
  /// Whether the story of one seed names every effect.
  var effects: Bool { values["effects"] != nil }
  /// Whether the first violation is enough.
  var stops: Bool { values["stop"] != nil }

  private func number(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
}

/// One seed, in words.
struct Story {
  let seed: UInt64
  let options: Options

  init(seed: UInt64, _ options: Options) {
    self.seed = seed
    self.options = options
  }

  /// Tells it; where something is that must not be, a short story that shows it as well.
  ///
  /// - Returns: The exit code.
  func tell() throws -> Int32 {
    let scripts = ScriptEngine()
    let whole = try run(options.keep, scripts)
    guard let violation = whole.violation else {
      for line in whole.lines { print(line) }
      print("all is well; trace \(String(whole.hash, radix: 16))")
      return 0
    }
    let kept = Shrinker(seed: seed, steps: options.steps, scripts: scripts).shrink(violation.rule, from: options.keep)
    let short = try run(kept, scripts)
    for line in short.lines { print(line) }
    print("\(violation.rule): \(short.violation?.story ?? violation.story)")
    let numbers = kept.sorted().map(String.init).joined(separator: ",")
    let steps = options.steps == 200 ? "" : " STEPS=\(options.steps)"
    print("trace \(String(short.hash, radix: 16)); again: make simulate SEED=\(seed)\(steps) KEEP=\(numbers)")
    return 1
  }

  private func run(_ kept: Set<Int>?, _ scripts: ScriptEngine) throws -> Simulation.Outcome {
    try Simulation(
      seed: seed, steps: options.steps, kept: kept, detail: options.effects ? .effects : .story, scripts: scripts
    ).run()
  }
}

/// Many seeds, in numbers.
struct Many {
  let options: Options

  init(_ options: Options) { self.options = options }

  /// - Returns: The exit code.
  func run() throws -> Int32 {
    let steps = options.steps
    let result = try Campaign(
      first: options.first, seeds: options.seeds, steps: steps, jobs: options.jobs, limit: options.seconds,
      stopsAtViolation: options.stops
    ).run { seed, violation in
      print("seed \(seed): \(violation)\n  again: make simulate SEED=\(seed)\(steps == 200 ? "" : " STEPS=\(steps)")")
      fflush(nil)
    }
    let pace = Int(Double(result.runs) / max(result.seconds, 0.001) * 60)
    print(
      "\(result.runs) seeds of \(steps) steps in \(Int(result.seconds)) s: \(pace) a minute on \(options.jobs) threads")
    print("simulated: \(result.simulatedSeconds / 3600) hours; invariants checked \(result.checks) times")
    print("operations: \(list(result.operations))")
    print("faults: \(list(result.faults))")
    print("violations: \(result.violations.count)")
    return result.violations.isEmpty ? 0 : 1
  }

  private func list(_ counts: [String: Int]) -> String {
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let total = counts.values.reduce(0, +)
    return "\(total) (\(sorted.map { "\($0.key) \($0.value)" }.joined(separator: ", ")))"
  }
}
