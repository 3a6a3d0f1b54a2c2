import FoundationEssentials
import Support
import Testing

@Suite("A thread of our own")
struct WorkerThreadTests {
  /// The bytes that the process has mapped.
  private func mapped() throws -> Int {
    let text = String(decoding: FileManager.default.contents(atPath: "/proc/self/statm") ?? Data(), as: UTF8.self)
    return try #require(text.split(separator: " ").first.flatMap { Int($0) }) * 4096
  }

  @Test("that nobody waits for gives its stack back when it ends")
  func unawaited() throws {
    let before = try mapped()
    let ended = try Channel<Int>()
    for number in 0..<400 {
      _ = try WorkerThread("short") { ended.send(number) }
      #expect(ended.wait() == [number])
    }
    // Stacks of 8 MB would be more than 3 GB; what other tests map meanwhile is far less.
    #expect(try mapped() - before < 1_500_000_000)
  }
}
