import CGit2
import Support

extension ObjectID {
  /// libgit2's form of the id.
  var oid: git_oid {
    var result = git_oid()
    withUnsafeMutableBytes(of: &result) { store(into: $0, at: 0) }
    return result
  }

  init(_ oid: git_oid) {
    self = withUnsafeBytes(of: oid) { ObjectID(loading: $0, at: 0) }
  }

  /// The id that git gives the empty tree.
  static let emptyTree = ObjectText.id(.tree, [])

  /// The id whose 40 digits stand in a slice of an object's text.
  init?(digits: ArraySlice<UInt8>) {
    let id = digits.withUnsafeBytes { ObjectID(digits: $0) }
    guard let id else { return nil }
    self = id
  }
}
