import FoundationEssentials
import Simulation
import TestSupport
import Testing

@Suite("A simulated run in another process")
struct DeterminismProcessTests {
  // Swift draws another seed for its hash tables in each process: what depends on their order differs.
  @Test("has the same trace", arguments: [1, 2, 3, 7] as [UInt64])
  func sameTrace(seed: UInt64) throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let program = package.path + "/.build/debug/simulate"
    let here = try Simulation(seed: seed, steps: 100).run()
    for _ in 0..<2 {
      let there = try Tool.run(program, ["--seed", "\(seed)", "--steps", "100"])
      #expect(there.output.contains("trace \(String(here.hash, radix: 16))"))
    }
  }
}
