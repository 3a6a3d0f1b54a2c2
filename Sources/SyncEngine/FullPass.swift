public import History
import Mirror

/// One full pass: capture, then every remote until nothing is left to ask of it.
public struct FullPass {
  /// How often a pass takes up again what changed under its hands.
  private static let rounds = 20

  private static let mostCalls = 1000

  private let engine: Engine
  private let memories: [RemoteMemory?]
  private let perform: (Int, RemoteCall) -> RemoteAnswer

  /// A pass.
  ///
  /// - Parameters:
  ///   - engine: What it works on.
  ///   - memories: What the last pass left for each remote, for those that it left something for.
  ///   - perform: Asks the remote of that index and waits for its answer.
  public init(
    _ engine: Engine, recalling memories: [RemoteMemory?] = [], perform: @escaping (Int, RemoteCall) -> RemoteAnswer
  ) {
    self.engine = engine
    self.memories = memories
    self.perform = perform
  }

  /// Runs it to its end.
  ///
  /// A directory without a history of its own, joining a bank, takes what the bank has before it looks at its files:
  /// old versions among them are then known as such.
  public func run() throws(HistoryError) {
    if engine.main == nil, engine.joins { try askRemotes() }
    engine.joins = false
    try engine.captureEverything()
    try engine.applyTarget()
    for _ in 0..<Self.rounds {
      try askRemotes()
      guard !engine.unsettled.isEmpty || engine.target != nil else { break }
      let changed = engine.unsettled
      engine.unsettled.removeAll()
      let before = engine.tip
      try engine.capture(changed.sorted())
      try engine.applyTarget()
      if engine.tip == before, engine.unsettled.isEmpty { break }
    }
  }

  private func askRemotes() throws(HistoryError) {
    for index in engine.sessions.indices {
      if index < memories.count, let memory = memories[index] {
        engine.refresh(index, recalling: memory)
      } else {
        engine.refresh(index)
      }
    }
    var isAsking = true
    // Other writers can keep a remote busy for ever; a pass ends all the same, and says what is left.
    var left = Self.mostCalls + engine.fileCount
    while isAsking, left > 0 {
      isAsking = false
      left -= 1
      for index in engine.sessions.indices {
        // A failure ends this remote's part: the pass reports it, the next one tries again.
        if case .down = engine.sessions[index].state { continue }
        do throws(HistoryError) {
          guard let call = try engine.nextCall(for: index) else { continue }
          isAsking = true
          try engine.receive(perform(index, call), from: index)
        } catch {
          // What one remote holds must not keep the others from being asked.
          engine.setAside(index, error)
        }
      }
    }
  }
}
