import Support

@testable import History

/// Objects in memory, for what reads them and needs no repository.
final class MemoryObjects: ObjectReading {
  private var objects: [ObjectID: RawObject] = [:]

  func read(_ id: ObjectID) throws(HistoryError) -> RawObject {
    guard let object = objects[id] else {
      throw HistoryError(kind: .missing, operation: "read", operand: id.description, code: -3, message: "is not there")
    }
    return object
  }

  @discardableResult
  func write(_ kind: ObjectKind, _ bytes: [UInt8]) -> ObjectID {
    let id = ObjectText.id(kind, bytes)
    objects[id] = RawObject(kind: kind, bytes: bytes)
    return id
  }
}
