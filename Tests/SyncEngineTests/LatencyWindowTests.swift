import SyncEngine
import Testing

@Suite("Latency percentiles")
struct LatencyWindowTests {
  @Test("are the nearest rank", arguments: [(0.5, 50), (0.95, 95), (1.0, 100), (0.0, 1)] as [(Double, Int64)])
  func ranks(share: Double, expected: Int64) {
    var window = LatencyWindow()
    for value in (1...100).reversed() { window.add(Int64(value)) }
    #expect(window.percentile(share) == expected)
  }

  @Test("forget what is old, and know nothing of nothing")
  func window() {
    var window = LatencyWindow()
    #expect(window.percentile(0.5) == nil)
    for _ in 0..<512 { window.add(1) }
    for _ in 0..<512 { window.add(9) }
    #expect(window.count == 512)
    #expect(window.percentile(0) == 9)
  }
}
