import Support

/// The rules for the names of refs.
enum RefName {
  /// Refuses a name that git would refuse, or that could lead out of the repository.
  ///
  /// - Throws: ``HistoryError`` of kind `unusable`.
  static func check(_ name: String) throws(HistoryError) {
    guard isValid(name) else { throw .unusable("check ref name", name, "is not the name of a ref") }
  }

  static func isValid(_ name: String) -> Bool {
    name.hasPrefix("refs/") && name.utf8.count < 1000 && name.utf8.split(separator: UInt8(ascii: "/")).count > 2
      && isPrefix(name)
  }

  /// Whether it may be the beginning of refs' names, as whole components.
  ///
  /// By bytes, as git judges: to `String` an accent belongs to the slash or the point before it.
  static func isPrefix(_ name: String) -> Bool {
    name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { component in
      let bytes = Array(component)
      return !bytes.isEmpty && bytes.first != UInt8(ascii: ".") && bytes.last != UInt8(ascii: ".")
        && !bytes.suffix(5).elementsEqual(".lock".utf8)
        && !zip(bytes, bytes.dropFirst()).contains { $0 == (0x2e, 0x2e) }
        && !zip(bytes, bytes.dropFirst()).contains { $0 == (0x40, 0x7b) }
        && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7f && !"~^:?*[\\".utf8.contains($0) }
    }
  }
}
