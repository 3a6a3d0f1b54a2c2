import Support

/// What stands above a file's hunks in a diff, as git writes it.
struct PatchHeader {
  private let delta: TreeDelta
  private let path: String

  init(_ delta: TreeDelta) {
    self.delta = delta
    path = delta.path.description
  }

  var text: String {
    var lines = "diff --git \(quoted("a/")) \(quoted("b/"))\n"
    let (old, new) = (mode(delta.old), mode(delta.new))
    switch (delta.old, delta.new) {
    case (nil, .some): lines += "new file mode \(new)\n"
    case (.some, nil): lines += "deleted file mode \(old)\n"
    default: if old != new { lines += "old mode \(old)\nnew mode \(new)\n" }
    }
    guard delta.old?.blob != delta.new?.blob else { return lines }
    lines += "index \(id(delta.old))..\(id(delta.new))"
    lines += delta.old != nil && old == new ? " \(old)\n" : "\n"
    return lines
  }

  var names: String {
    "--- \(delta.old == nil ? "/dev/null" : quoted("a/"))\n+++ \(delta.new == nil ? "/dev/null" : quoted("b/"))\n"
  }

  var binary: String {
    "Binary files \(delta.old == nil ? "/dev/null" : quoted("a/"))"
      + " and \(delta.new == nil ? "/dev/null" : quoted("b/")) differ\n"
  }

  private func mode(_ entry: TreeEntry?) -> String { entry?.executable == true ? "100755" : "100644" }

  private func id(_ entry: TreeEntry?) -> String { entry?.blob.description ?? String(repeating: "0", count: 40) }

  /// git's quoting; a bank's path has no control characters, so there is little to quote.
  private func quoted(_ prefix: String) -> String {
    guard path.contains(where: { $0 == "\"" || $0 == "\\" }) else { return prefix + path }
    var result = "\"" + prefix
    for character in path {
      if character == "\"" || character == "\\" { result += "\\" }
      result.append(character)
    }
    return result + "\""
  }
}
