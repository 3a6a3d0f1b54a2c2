import GeneratedBanks
import Testing

@Suite("Texts that mean harm")
struct SoupTests {
  @Test("lose nothing and leave a single side's changes as they are", arguments: 0..<40)
  func soup(block: Int) {
    for seed in block * 10..<block * 10 + 10 {
      let soup = Soup(seed: UInt64(seed))
      #expect(AnyText.fault(base: soup.base, one: soup.one, other: soup.other) == nil, "seed \(seed)")
    }
  }
}
