/// What the command line asks for.
struct Options {
  private(set) var help = false
  /// Fewer repetitions and a tenth of the large corpus: to see that everything works.
  private(set) var quick = false
  /// Where everything is made; the file system below it is part of what is measured.
  private(set) var directory = "/tmp"
  /// The program; nil: the one built beside this one.
  private(set) var program: String?
  private var only: [String] = []

  init(_ arguments: [String], known: [String]) throws {
    var rest = arguments[...]
    func value(_ option: String) throws -> String {
      guard let value = rest.popFirst() else { throw BenchmarkError("\(option) needs a value") }
      return value
    }
    while let argument = rest.popFirst() {
      switch argument {
      case "--help", "-h": help = true
      case "--quick": quick = true
      case "--directory": directory = try value(argument)
      case "--membank": program = try value(argument)
      case "--only":
        only = try value(argument).split(separator: ",").map(String.init)
        for name in only where !known.contains(name) { throw BenchmarkError("there is no benchmark '\(name)'") }
      default: throw BenchmarkError("unknown argument '\(argument)'; --help lists what there is")
      }
    }
  }

  static func usage(_ names: [String]) -> String {
    """
    Benchmarks [--only NAME,…] [--quick] [--directory DIR] [--membank PROGRAM]

      NAME       \(names.joined(separator: ", "))
      --quick    fewer repetitions, a tenth of the large corpus
      DIR        where the banks, histories and servers are made (default /tmp)
      PROGRAM    the membank to measure (default: the one beside this program)
    """
  }

  func includes(_ name: String) -> Bool { only.isEmpty || only.contains(name) }

  /// How often to repeat what is to be repeated `full` times.
  func times(_ full: Int) -> Int { quick ? max(2, full / 10) : full }

  /// How many documents the large corpus has.
  var largeCorpus: Int { quick ? 1_000 : 10_000 }
}
