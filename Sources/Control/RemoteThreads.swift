import Mirror
import Support
import SyncEngine

/// The threads that talk to the remotes, two for each.
final class RemoteThreads: RemoteAsking {
  /// What the threads say; of an earlier list of remotes nothing is taken in any more.
  let news: Channel<RemoteNews>
  private var workers: [RemoteWorker] = []
  private var listeners: [RemoteListener] = []
  private var generation = 0
  /// What they were started with.
  private(set) var connected: [RemoteConnector] = []

  init() throws(SystemError) { news = try Channel() }

  var count: Int { workers.count }

  func ask(_ call: RemoteCall, of index: Int) { workers[index].ask(call) }

  /// Starts the threads for these remotes, in the engine's order.
  func start(_ remotes: [RemoteConnector]) throws(SystemError) {
    generation += 1
    connected = []
    for (index, connector) in remotes.enumerated() {
      let slot = RemoteSlot(index: index, generation: generation)
      workers.append(try RemoteWorker(slot, connector, news: news))
      listeners.append(try RemoteListener(slot, connector, news: news))
    }
    connected = remotes
  }

  func stop() {
    for worker in workers { worker.stop() }
    for listener in listeners { listener.stop() }
    (workers, listeners) = ([], [])
  }

  /// What came since the last time.
  func takeNews() -> [RemoteNews] { news.takeAll().filter { $0.slot.generation == generation } }
}
