import Bank
import History
import Support

/// A machine's state directory: objects, refs and notes, and what of them is on the disk for certain.
final class MemoryStorage {
  struct StoredObject {
    var object: RawObject
    var since: Int64
    var isDurable = false
    /// What a power cut left of it.
    var damage = Damage.none
  }

  enum Damage { case none, empty, torn }

  struct StoredRef {
    /// What it was when it was flushed last; nil when it wasn't there.
    var durable: ObjectID?
    /// What it has been set to since.
    var later: [(value: ObjectID?, time: Int64)] = []
    var isTorn = false

    var value: ObjectID? { later.last.map(\.value) ?? durable }
  }

  let world: World
  var objects: [ObjectID: StoredObject] = [:]
  /// The objects in the order in which they came.
  private(set) var order: [ObjectID] = []
  var refs: [String: StoredRef] = [:]
  var notes: [String: String] = [:]
  /// The stat cache; losing it costs a read of every file.
  var table = FileTable()
  /// No room for anything new.
  var isFull = false

  init(_ world: World) { self.world = world }

  func store(_ id: ObjectID, _ object: RawObject) {
    if objects[id] == nil { order.append(id) }
    objects[id] = StoredObject(object: object, since: world.now)
  }

  func forget(_ id: ObjectID) { objects[id] = nil }

  /// Whether an object is there and whole.
  func has(_ id: ObjectID) -> Bool { objects[id]?.damage == Damage.none }

  /// What there is now; ``finishFlush(_:)`` makes that durable.
  func beginFlush() -> Int64 { world.now }

  /// All that had been written at `moment` survives from here on.
  func finishFlush(_ moment: Int64) {
    for id in order.reversed() {
      guard let stored = objects[id] else { continue }
      // What came before a flush that ended is durable already.
      if stored.isDurable, stored.since < moment - 60 * World.second { break }
      if stored.since <= moment { objects[id]?.isDurable = true }
    }
    for (name, ref) in refs {
      let count = ref.later.count { $0.time <= moment }
      guard count > 0 else { continue }
      refs[name]?.durable = ref.later[count - 1].value
      refs[name]?.later.removeFirst(count)
    }
  }

  /// The power fails: what nobody flushed is kept, lost or torn.
  func cutPower(_ random: SeededRandom) {
    let old = world.now - SimulatedDisk.writeBack
    let keeps = random.pick([0.0, 0.5, 0.9, 1.0])
    for id in order {
      guard let stored = objects[id], !stored.isDurable else { continue }
      objects[id]?.isDurable = true
      if stored.since < old || random.chance(keeps) { continue }
      switch random.below(3) {
      case 0: objects[id] = nil
      case 1: objects[id]?.damage = .empty
      default: objects[id]?.damage = .torn
      }
    }
    order.removeAll { objects[$0] == nil }
    for name in refs.keys.sorted() {
      guard var ref = refs[name], !ref.later.isEmpty else { continue }
      var choices = [ref.durable] + ref.later.map(\.value)
      if let settled = ref.later.lastIndex(where: { $0.time < old }) { choices.removeFirst(settled + 1) }
      ref.durable = random.chance(keeps) ? choices.last ?? nil : random.pick(choices)
      ref.later = []
      ref.isTorn = choices.count > 1 && random.chance(0.15)
      refs[name] = ref.durable == nil && !ref.isTorn ? nil : ref
    }
  }
}
