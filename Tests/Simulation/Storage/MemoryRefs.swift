import Glibc
import History
import Support
import SyncEngine

/// A program's view of its machine's refs.
final class MemoryRefs: RefKeeping {
  private let storage: MemoryStorage
  private let gate: Gate

  init(_ storage: MemoryStorage, _ gate: Gate) {
    self.storage = storage
    self.gate = gate
  }

  func read(_ name: String) throws(HistoryError) -> ObjectID? {
    guard let ref = storage.refs[name] else { return nil }
    guard !ref.isTorn else {
      throw HistoryError(kind: .damaged, operation: "read ref", operand: name, code: 0, message: "holds no object id")
    }
    return ref.value
  }

  func update(
    _ name: String, to id: ObjectID?, expecting: RefExpectation, durable: Bool
  ) throws(HistoryError) {
    if case .exactly(let expected) = expecting {
      let found = try read(name)
      guard found == expected else {
        throw HistoryError(
          kind: .moved, operation: "set ref", operand: name, code: -15,
          message: "is \(found?.short() ?? "absent"), not \(expected?.short() ?? "absent")")
      }
    }
    guard gate.lets(UInt64(bitPattern: id?.hashless ?? 3), "set \(name) to \(id?.short() ?? "nothing")") else {
      throw failure("rename", name, EIO)
    }
    guard !storage.isFull || id == nil else { throw failure("open", name + ".lock", ENOSPC) }
    var ref = storage.refs[name] ?? MemoryStorage.StoredRef()
    ref.isTorn = false
    if durable {
      ref.durable = id
      ref.later = []
    } else {
      ref.later.append((id, storage.world.now))
    }
    storage.refs[name] = ref
  }

  func list(under prefix: String) throws(HistoryError) -> (refs: [(name: String, id: ObjectID)], torn: [String]) {
    let inside = prefix.hasSuffix("/") ? prefix : prefix + "/"
    var found: [(name: String, id: ObjectID)] = []
    var torn: [String] = []
    for name in storage.refs.keys.sorted() where name.hasPrefix(inside) || name + "/" == inside {
      guard let ref = storage.refs[name] else { continue }
      if ref.isTorn { torn.append(name) } else if let id = ref.value { found.append((name, id)) }
    }
    return (found, torn)
  }

  func leftoverLocks() throws(HistoryError) -> [String] { [] }
}

/// A program's view of its machine's notes.
final class MemoryNotes: Notes {
  private let storage: MemoryStorage
  private let gate: Gate

  init(_ storage: MemoryStorage, _ gate: Gate) {
    self.storage = storage
    self.gate = gate
  }

  func read(_ name: String) -> String? { storage.notes[name] }

  func write(_ name: String, _ text: String) throws(SystemError) {
    guard gate.lets(4, "note \(name)") else { throw SystemError("rename", name, code: EIO) }
    guard !storage.isFull else { throw SystemError("write", name, code: ENOSPC) }
    storage.notes[name] = text
  }

  func remove(_ name: String) {
    if gate.lets(5, "remove note \(name)") { storage.notes[name] = nil }
  }
}
