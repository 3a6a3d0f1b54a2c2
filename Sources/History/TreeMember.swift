import Support

/// What a tree's entry is to a bank.
enum TreeMember {
  case file(BankPath, TreeEntry)
  case directory(BankPath)
  case hostile(String)

  /// Judges an entry that stands below `directory` (nil: at the root).
  init(_ name: ArraySlice<UInt8>, mode: UInt32, id: ObjectID, in directory: BankPath?) {
    // A slash inside one name would pass as a path of two.
    guard !name.contains(UInt8(ascii: "/")) else {
      self = .hostile("has a slash in its name")
      return
    }
    let kind = mode & 0o170000
    guard kind == 0o040000 || kind == 0o100000 else {
      switch kind {
      case 0o120000: self = .hostile("is a symbolic link")
      case 0o160000: self = .hostile("is a submodule")
      default: self = .hostile("has the mode \(String(mode, radix: 8))")
      }
      return
    }
    do {
      let path = if let directory { try directory.appending(name) } else { try BankPath(name) }
      self = kind == 0o040000 ? .directory(path) : .file(path, TreeEntry(blob: id, executable: mode & 0o100 != 0))
    } catch {
      self = .hostile(error.description)
    }
  }
}

extension HostileEntry {
  init(_ name: ArraySlice<UInt8>, in directory: BankPath?, mode: UInt32, reason: String) {
    let whole = (directory.map { $0.bytes + [UInt8(ascii: "/")] } ?? []) + name
    var text = ""
    for byte in whole {
      if (0x20..<0x7f).contains(byte), byte != UInt8(ascii: "\\") {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "\\x" + hexadecimal([byte])
      }
    }
    self.init(name: text, mode: mode, reason: reason)
  }
}
