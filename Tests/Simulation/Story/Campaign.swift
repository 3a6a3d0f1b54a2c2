import SimulatedRedis
import Support
import Synchronization

/// Many runs, one after the other on each of some threads.
public struct Campaign: Sendable {
  /// What all runs came to.
  public struct Result: Sendable {
    /// How many runs there were.
    public var runs = 0
    /// Real time, in seconds.
    public var seconds = 0.0
    /// Time that passed in the runs, in seconds.
    public var simulatedSeconds: Int64 = 0
    /// How often the invariants were checked.
    public var checks = 0
    /// What people and programs did, by kind.
    public var operations: [String: Int] = [:]
    /// What went wrong, by kind.
    public var faults: [String: Int] = [:]
    /// Runs in which something was that must not be, by seed.
    public var violations: [(seed: UInt64, violation: Violation)] = []
  }

  private struct State {
    var next: UInt64
    var result = Result()
  }

  private let first: UInt64
  private let seeds: Int
  private let steps: Int
  private let jobs: Int
  private let limit: Double
  private let stopsAtViolation: Bool

  /// A campaign over `seeds` seeds from `first` on, of `steps` operations each, on `jobs` threads; it begins no run after
  /// `limit` seconds, or, where that is asked for, after the first violation.
  public init(
    first: UInt64 = 1, seeds: Int, steps: Int = 200, jobs: Int = 1, limit: Double = .infinity,
    stopsAtViolation: Bool = false
  ) {
    self.first = first
    self.seeds = seeds
    self.steps = steps
    self.jobs = jobs
    self.limit = limit
    self.stopsAtViolation = stopsAtViolation
  }

  /// Runs it; `report` is told of each violation as it comes.
  public func run(report: @escaping @Sendable (UInt64, Violation) -> Void = { _, _ in }) throws -> Result {
    let box = Box(State(next: first))
    let clock = SystemClock()
    let start = clock.monotonicNanoseconds
    let end = first + UInt64(seeds)
    let (steps, limit, stops) = (steps, limit, stopsAtViolation)
    for worker in try (0..<jobs).map({ number in
      try Worker("simulation-\(number)") {
        let scripts = ScriptEngine()
        let clock = SystemClock()
        while Double(clock.monotonicNanoseconds - start) / 1e9 < limit {
          let seed = box.state.withLock { state in
            if stops, !state.result.violations.isEmpty { return end }
            defer { state.next += 1 }
            return state.next
          }
          guard seed < end, let run = try? Simulation(seed: seed, steps: steps, scripts: scripts) else { return }
          let outcome = run.run()
          box.state.withLock { $0.result.add(outcome) }
          if let violation = outcome.violation { report(seed, violation) }
        }
      }
    }) { worker.join() }
    var result = box.state.withLock { $0.result }
    result.seconds = Double(clock.monotonicNanoseconds - start) / 1e9
    result.violations.sort { $0.seed < $1.seed }
    return result
  }

  private final class Box: Sendable {
    let state: Mutex<State>
    init(_ state: sending State) { self.state = Mutex(state) }
  }

  /// A thread that can be kept in a list.
  private final class Worker {
    private var thread: WorkerThread?

    init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
      thread = try WorkerThread(name, body)
    }

    func join() { thread.take()?.join() }
  }
}

extension Campaign.Result {
  mutating func add(_ outcome: Simulation.Outcome) {
    runs += 1
    simulatedSeconds += outcome.seconds
    checks += outcome.checks
    for (kind, count) in outcome.operations where kind != Operation.Kind.quiet.rawValue {
      let isFault = Operation.Kind(rawValue: kind)?.isFault ?? false
      if isFault { faults[kind, default: 0] += count } else { operations[kind, default: 0] += count }
    }
    faults.merge(outcome.faults) { $0 + $1 }
    if let violation = outcome.violation { violations.append((outcome.seed, violation)) }
  }
}
