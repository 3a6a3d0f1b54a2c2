import FoundationEssentials
import Testing

/// The kept inputs, among them every one that once broke something; `make fuzz` looks for more.
@Suite("The fuzzing corpus", .timeLimit(.minutes(15)))
struct ReplayTests {
  private static let corpus = "\(#filePath.prefix { _ in true }.dropLast("ReplayTests.swift".count))Corpus"

  @Test("still breaks nothing", arguments: FuzzTarget.all.map(\.name))
  func replay(name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let directory = "\(Self.corpus)/\(name)"
    let files = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    #expect(!files.isEmpty)
    for file in files {
      let bytes = try #require(FileManager.default.contents(atPath: "\(directory)/\(file)"))
      #expect(throws: Never.self, "\(name)/\(file)") { try target.check(Array(bytes)) }
    }
  }

  @Test("begins with inputs that break nothing", arguments: FuzzTarget.all.map(\.name))
  func seeds(name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    for seed in target.seeds { try target.check(seed) }
    try target.check([])
  }

  @Test("belongs to a target, as each target has one")
  func directories() throws {
    let found = try FileManager.default.contentsOfDirectory(atPath: Self.corpus).sorted()
    #expect(found == FuzzTarget.all.map(\.name).sorted())
  }
}
