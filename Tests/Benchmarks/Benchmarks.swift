import Glibc
import Support

/// Measures membank beside git and redis-cli, all in one run on one file system, and prints a table.
///
/// `swift run -c release Benchmarks --help` says what can be chosen.
@main
enum Benchmarks {
  /// The measurements, in the order in which they run and are printed.
  static let all: [(name: String, run: @Sendable (Workshop) throws -> [Row])] = [
    ("save", SaveBenchmark.run), ("foreign", ForeignBenchmark.run), ("replicas", ReplicasBenchmark.run),
    ("burst", BurstBenchmark.run), ("durable", DurableBenchmark.run), ("idle", IdleBenchmark.run),
    ("import", ImportBenchmark.run), ("large", LargeBenchmark.run), ("merge", MergeBenchmark.run),
  ]

  static func main() {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()), known: all.map(\.name))
      if options.help {
        print(Options.usage(all.map(\.name)))
        return
      }
      exit(try run(options))
    } catch {
      Note.write("benchmarks: \(error)")
      exit(1)
    }
  }

  /// - Returns: The exit status: 0 when all that was asked for could be measured, whatever came out.
  private static func run(_ options: Options) throws -> Int32 {
    let workshop = try Workshop(options)
    var rows: [Row] = []
    var failures: [String] = []
    for benchmark in all where options.includes(benchmark.name) {
      Note.write("measuring \(benchmark.name) …")
      do {
        rows += try benchmark.run(workshop)
      } catch {
        failures.append("\(benchmark.name): \(error)")
      }
    }
    print(Table.text(rows))
    for failure in failures { print("could not be measured: \(failure)") }
    return failures.isEmpty ? 0 : 1
  }
}

/// What is said meanwhile, on standard error: the table alone goes to standard output.
enum Note {
  static func write(_ text: String) {
    let bytes = Array("\(text)\n".utf8)
    _ = Glibc.write(2, bytes, bytes.count)
  }
}

/// Why something could not be measured.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
