import Support

/// Whether an object from elsewhere is what its kind says, so that nothing later trips over it.
///
/// What a tree may name is not judged here: hostile names are skipped where trees are read.
enum FormatCheck {
  static func check(_ object: RawObject) throws(HistoryError) {
    switch object.kind {
    case .blob: break
    case .tree: _ = try TreeText(ObjectText.id(.tree, object.bytes), object.bytes)
    case .commit: _ = try CommitText.parse(ObjectText.id(.commit, object.bytes), object.bytes)
    case .tag:
      guard object.bytes.starts(with: "object ".utf8) else {
        throw .damaged("check tag", ObjectText.id(.tag, object.bytes).description, "is not a tag")
      }
    }
  }
}
