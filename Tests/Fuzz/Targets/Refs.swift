import FoundationEssentials
import Support

@testable import History

extension FuzzTarget {
  /// The refs of a repository, loose and packed, as a disk or another program left them; then what people type.
  static let refs = FuzzTarget(
    "refs", longest: 1024,
    words: [
      hex("a"), "\n", "ref: refs/heads/main\n", "refs/heads/main", "refs/remotes/r/main", "^", " ",
      "# pack-refs with: peeled\n",
      "..", ".lock", "@{", "~1", "^2", "HEAD", "refs/tags/x",
    ],
    seeds: [
      "\u{29}\(hex("a"))\n\u{3b}\(hex("b")) refs/heads/main\n\(hex("c"))refs/heads/mainmain~1",
      "\u{15}ref: refs/heads/main\n\u{0}HEAD^2",
    ]
  ) { input in
    let scratch = try Scratch()
    try scratch.write(input.piece(), to: "refs/heads/main")
    try scratch.write(input.piece(), to: "packed-refs")
    try scratch.write(Array("ref: refs/heads/main\n".utf8), to: "HEAD")
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/objects/pack", withIntermediateDirectories: true)
    let name = "refs/heads/" + input.text().filter { $0 != "\0" }
    let asked = String(decoding: input.rest(), as: UTF8.self)
    let store = RefStore(directory: scratch.path, patience: 0)
    let id = ObjectID.blob(of: [1])
    let before = try? store.list(under: "refs")
    for (known, _) in before?.refs ?? [] { try hold(RefName.isValid(known), "a ref of the name \(known)") }
    if RefName.isValid(name) {
      try hold(!name.contains("..") && !name.contains("\0"), "\(name) leads elsewhere")
      // A name below another's, or one longer than a file's may be, is refused by the file system.
      if (try? store.update(name, to: id, expecting: .anything)) != nil {
        try hold(try store.read(name) == id, "\(name) is not what was written")
        try store.update(name, to: nil, expecting: .exactly(id))
        try hold(try store.read(name) == nil, "\(name) is still there")
        let after = try store.list(under: "refs").refs.filter { $0.name != name }
        let rest = (before?.refs ?? []).filter { $0.name != name }
        try hold(after.map(\.name) == rest.map(\.name) && after.map(\.id) == rest.map(\.id), "other refs have changed")
      }
    } else {
      try hold((try? store.update(name, to: id, expecting: .anything)) == nil, "\(name) is no name for a ref")
    }
    let history = try History(opening: scratch.path)
    if let found = try? history.resolve(asked) { _ = found.description }
  }
}
