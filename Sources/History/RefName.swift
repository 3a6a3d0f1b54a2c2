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
  static func isPrefix(_ name: String) -> Bool {
    let components = name.split(separator: "/", omittingEmptySubsequences: false)
    return components.allSatisfy { component in
      !component.isEmpty && !component.hasPrefix(".") && !component.hasSuffix(".lock") && !component.hasSuffix(".")
        && !component.contains("..") && !component.contains("@{")
        && component.unicodeScalars.allSatisfy {
          $0.value > 0x20 && $0.value != 0x7f && !"~^:?*[\\".unicodeScalars.contains($0)
        }
    }
  }
}
