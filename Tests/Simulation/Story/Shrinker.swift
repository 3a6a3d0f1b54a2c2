public import SimulatedRedis

/// Makes a story that shows a fault as short as it can be made by leaving operations out.
public struct Shrinker {
  private let seed: UInt64
  private let steps: Int
  private let scripts: ScriptEngine

  /// For one seed.
  public init(seed: UInt64, steps: Int, scripts: ScriptEngine) {
    self.seed = seed
    self.steps = steps
    self.scripts = scripts
  }

  /// The operations without which the same rule is no longer broken.
  ///
  /// - Parameters:
  ///   - rule: The rule that is broken.
  ///   - first: The operations to begin with; nil: all.
  ///   - tries: How many runs it may take.
  /// - Returns: Their numbers.
  public func shrink(_ rule: String, from first: Set<Int>? = nil, tries: Int = 600) -> Set<Int> {
    guard let all = try? Simulation(seed: seed, steps: steps, scripts: scripts).operationNumbers else { return [] }
    var kept = first.map { all.filter($0.contains) } ?? all
    var left = tries
    var size = max(kept.count / 2, 1)
    while true {
      var start = 0
      var isShorter = false
      while start < kept.count, left > 0 {
        let candidate = Array(kept[..<start] + kept[min(start + size, kept.count)...])
        left -= 1
        if breaks(rule, Set(candidate)) {
          kept = candidate
          isShorter = true
        } else {
          start += size
        }
      }
      if left == 0 || size == 1 && !isShorter { return Set(kept) }
      if !isShorter || size > kept.count { size = max(1, size / 2) }
    }
  }

  private func breaks(_ rule: String, _ kept: Set<Int>) -> Bool {
    let outcome = try? Simulation(seed: seed, steps: steps, kept: kept, scripts: scripts).run()
    return outcome?.violation?.rule == rule
  }
}
