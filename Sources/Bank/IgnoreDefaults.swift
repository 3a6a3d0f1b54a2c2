/// What no bank wants, in gitignore syntax; a `!` pattern of the configuration takes one back.
enum IgnoreDefaults {
  static let lines: [String] =
    versionControl + editors + agents + otherSyncTools + desktops + builds

  private static let versionControl = [
    ".git/", ".hg/", ".svn/", ".bzr/", ".jj/", ".sl/", ".pijul/", "_darcs/", "CVS/",
  ]

  private static let editors = [
    // vim: swap files, backups and undo files, and the name it tries whether it may create files by.
    ".*.sw[a-p]", "*.sw[m-p]", "*~", "4913", "5036",
    // Emacs: auto-save files and lock links.
    "\\#*#", ".#*",
    // JetBrains, VS Code, Sublime Text, helix.
    "*___jb_tmp___", "*___jb_old___", "*___jb_bak___", "*.vsctmp", ".subl*.tmp", "*.bck", ".idea/", ".vscode/",
    // gedit (GLib), kate, LibreOffice and Office locks.
    ".goutputstream-*", "*.kate-swp", ".~lock.*#", "~$*",
    // sed -i.
    "sed[0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z]",
    // Obsidian's window layout changes with every click.
    ".obsidian/workspace*.json", ".obsidian/cache", ".trash/",
    "*.tmp", "*.temp", "*.part", "*.crdownload",
  ]

  private static let agents = [
    // name.tmp.<pid>.<hex>, which Claude Code and other atomic writers use.
    "*.tmp.[0-9]*", "tmpclaude-*-cwd",
  ]

  private static let otherSyncTools = [
    // Syncthing, Dropbox, Nextcloud, Unison, rclone, Mutagen, Resilio: conflict copies and temporary files.
    "*.sync-conflict-*", ".syncthing.*", "~syncthing~*", ".stfolder", ".stversions/", "* conflicted copy*",
    "*(conflicted copy*", "*_conflict-[0-9]*", "* (conflict on [0-9]*", "* (conflict #[0-9]*", ".unison.*",
    "*.conflict[0-9]", "*.conflict[0-9][0-9]", ".mutagen-temporary-*", "*.!sync", ".sync/", ".dropbox*",
  ]

  private static let desktops = [
    ".DS_Store", "._*", ".AppleDouble/", ".Spotlight-V100/", ".Trashes/", ".fseventsd/", "*.icloud", "Thumbs.db",
    "desktop.ini", ".directory", ".Trash-*/", ".nfs*", ".fuse_hidden*", "lost+found/",
  ]

  private static let builds = [
    "node_modules/", "__pycache__/", "*.pyc", ".venv/", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/",
  ]

  /// The same, ready to be asked.
  static let compiled = Compiled(lines.compactMap(IgnorePattern.init))

  /// Patterns that all ignore, in no order, found by a byte of the name.
  struct Compiled: Sendable {
    private var byFirst = [[IgnorePattern]](repeating: [], count: 256)
    private var byLast = [[IgnorePattern]](repeating: [], count: 256)
    private var others: [IgnorePattern] = []

    init(_ patterns: [IgnorePattern]) {
      for pattern in patterns {
        switch pattern.key {
        case .first(let byte): byFirst[Int(byte)].append(pattern)
        case .last(let byte): byLast[Int(byte)].append(pattern)
        case .none: others.append(pattern)
        }
      }
    }

    func matches(_ path: [UInt8], nameStart: Int, isDirectory: Bool) -> Bool {
      guard let last = path.last, nameStart < path.count else { return false }
      let present = NameBytes(path[nameStart...])
      let hit = { (pattern: IgnorePattern) in
        pattern.matches(path, nameStart: nameStart, isDirectory: isDirectory, having: present)
      }
      return byLast[Int(last)].contains(where: hit) || byFirst[Int(path[nameStart])].contains(where: hit)
        || others.contains(where: hit)
    }
  }
}
