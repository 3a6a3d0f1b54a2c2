import Testing

@testable import SyncEngine

@Suite("Which packs are folded")
struct CompactionTests {
  private func run(_ sizes: [Int]) -> [String] {
    Compaction.run(of: sizes.enumerated().map { (id: String($0.offset), size: $0.element) })
  }

  @Test("all small ones but the newest four")
  func small() {
    #expect(run([Int](repeating: 1000, count: 33)) == (0..<29).map(String.init))
  }

  @Test("not those that are large beside what has come since")
  func large() {
    #expect(run([1_000_000, 200_000] + [Int](repeating: 1000, count: 31)) == (2..<29).map(String.init))
  }

  @Test("those that have become small beside it, too")
  func grown() {
    #expect(run([1_000_000, 20_000] + [Int](repeating: 1000, count: 31)) == (1..<29).map(String.init))
  }

  @Test("none where it would not shorten the list by much")
  func few() {
    #expect(run([Int](repeating: 5 << 20, count: 26) + [Int](repeating: 1000, count: 7)).isEmpty)
  }
}
