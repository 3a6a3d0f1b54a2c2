import Glibc
import History
import Support

/// A program's view of its machine's objects.
final class MemoryObjects: ObjectKeeping {
  private let storage: MemoryStorage
  private let gate: Gate

  init(_ storage: MemoryStorage, _ gate: Gate) {
    self.storage = storage
    self.gate = gate
  }

  func read(_ id: ObjectID) throws(HistoryError) -> RawObject {
    guard let stored = storage.objects[id] else {
      throw HistoryError(kind: .missing, operation: "read", operand: id.description, code: 0, message: "is not there")
    }
    guard stored.damage == .none else {
      throw HistoryError(kind: .damaged, operation: "read", operand: id.description, code: 0, message: "is torn")
    }
    return stored.object
  }

  func header(_ id: ObjectID) throws(HistoryError) -> (kind: ObjectKind, size: Int) {
    let object = try read(id)
    return (object.kind, object.bytes.count)
  }

  func contains(_ id: ObjectID, refreshing: Bool) -> Bool { storage.objects[id] != nil }

  func freshen(_ id: ObjectID) -> Bool { storage.objects[id] != nil }

  func write(_ id: ObjectID, _ object: RawObject, whole: [UInt8]) throws(HistoryError) {
    guard gate.lets(UInt64(truncatingIfNeeded: id.hashless), "store \(object.kind) \(id.short())") else {
      throw failure("write", id.description, EIO)
    }
    guard !storage.isFull else { throw failure("write", id.description, ENOSPC) }
    storage.store(id, object)
  }

  func listLoose() throws(HistoryError) -> [ObjectID] { storage.objects.keys.sorted() }

  func list(beginning digits: String) throws(HistoryError) -> Set<ObjectID> {
    storage.objects.keys.reduce(into: []) { if $1.description.hasPrefix(digits) { $0.insert($1) } }
  }

  func isEmpty(_ id: ObjectID) -> Bool { storage.objects[id]?.damage == .empty }

  func isSound(_ id: ObjectID) throws(HistoryError) -> Bool { storage.has(id) }

  func remove(_ id: ObjectID) throws(HistoryError) {
    guard gate.lets(1, "remove object \(id.short())") else { throw failure("unlink", id.description, EIO) }
    storage.forget(id)
  }

  func refresh() throws(HistoryError) {}

  func reopen() throws(HistoryError) {}

  func synchronise() throws(HistoryError) {
    guard gate.lets(2, "flush the history") else { throw failure("syncfs", "history", EIO) }
    storage.finishFlush(storage.beginFlush())
  }
}

func failure(_ call: String, _ operand: String, _ code: Int32) -> HistoryError {
  HistoryError(
    kind: .system, operation: call, operand: operand, code: code, message: String(cString: strerror(code)))
}

extension ObjectID {
  /// A number that depends on the id alone; `hashValue` is another in each process.
  var hashless: Int64 { bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) } }
}
