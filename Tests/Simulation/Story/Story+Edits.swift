import Bank
import Support

extension Simulation {
  /// Somebody saves a file that is there.
  func edit(_ operation: Operation, _ number: Int, _ machine: Machine) {
    let person = Person(machine)
    var candidates = person.documents()
    if operation.kind == .conflictName {
      candidates = candidates.filter { DiskNode.text($0.path).contains(".conflict-") }
    }
    guard !candidates.isEmpty else { return }
    let (path, file) = candidates[Int(operation.first % UInt64(candidates.count))]
    let line = Words.line(machine.name, number, operation.second)
    let pause = Int64(operation.third % 3_000) * World.millisecond
    let short = pause / 20
    let bytes = file.bytes
    let changed = Words.change(bytes, line, at: operation.second, inserting: operation.third % 2 == 0)
    trace.tell(machine.name, "\(operation.kind.rawValue) \(DiskNode.text(path)): \(line)")
    switch operation.kind {
    case .append, .conflictName: person.write(Words.append(line, to: bytes), to: path)
    case .insertLine: person.write(Words.change(bytes, line, at: operation.second, inserting: true), to: path)
    case .changeLine: person.write(Words.change(bytes, line, at: operation.second, inserting: false), to: path)
    case .rewrite: person.write(Words.file(machine.name, number, operation.second), to: path)
    case .rewriteInPlace: person.writeInPlace(changed, to: path, pause: short)
    case .slowWrite: person.writeSlowly(Words.file(machine.name, number, operation.second), to: path, pause: pause)
    case .atomicSave:
      let name = operation.third % 2 == 0 ? ".tmp.77.\(number)" : "-draft\(number)"
      person.saveAtomically(changed, to: path, beside: path + Array(name.utf8), pause: short)
    case .vimSave: person.saveLikeVim(changed, to: path, pause: short)
    case .jetbrainsSave: person.saveLikeJetBrains(changed, to: path, pause: short)
    case .sedSave:
      let folder = path.lastIndex(of: UInt8(ascii: "/")).map { Array(path[...$0]) } ?? []
      person.saveAtomically(changed, to: path, beside: folder + Array("sedAb12C\(number % 10)".utf8), pause: short / 10)
    case .revert:
      let past = pastValues.filter { $0.path == path }
      if !past.isEmpty { person.write(past[Int(operation.second % UInt64(past.count))].value, to: path) }
    case .sameSize:
      guard let last = bytes.last(where: { $0 != 10 }), let place = bytes.lastIndex(of: last) else { return }
      var other = bytes
      other[place] = last == 0x7a ? 0x61 : 0x7a
      let time = file.modified
      if let saved = person.write(other, to: path) { machine.disk.setModified(saved, time) }
    case .lateWrite: writeLate(machine, file, path, line, pause)
    default: break
    }
  }

  /// An editor that opened a file a while ago saves into what it opened, wherever that is by now.
  private func writeLate(_ machine: Machine, _ file: DiskNode, _ path: [UInt8], _ line: String, _ pause: Int64) {
    let boots = machine.boots
    machine.disk.open(file)
    world.after(2 * pause) { [self] in
      guard machine.boots == boots else { return }
      let bytes = Words.append(line, to: file.bytes)
      machine.disk.write(bytes, to: file)
      machine.disk.close(file)
      ledger.note(file.blob)
      let isAside = IgnoreRules.isSilent(file.name)
      trace.tell(
        machine.name, "saves late into what was \(DiskNode.text(path))\(isAside ? ", set aside meanwhile" : "")")
      // Whoever else has it open may write over it before anybody can look.
      guard isAside, file.writers == 0, machine.disk.pathInBank(file) != nil, machine.ableSince != nil else { return }
      ledger.owe(file.blob, path, machine.name)
    }
  }

  /// Somebody makes, moves or removes files.
  func rearrange(_ operation: Operation, _ number: Int, _ machine: Machine) {
    let person = Person(machine)
    let disk = machine.disk
    let text = Words.file(machine.name, number, operation.second)
    let name = Array(Person.names[Int(operation.first % UInt64(Person.names.count))].utf8)
    let some = person.document(operation.first)
    let directories = person.directories()
    let directory = directories.isEmpty ? nil : directories[Int(operation.first % UInt64(directories.count))]
    func tell(_ what: String, _ path: [UInt8]) {
      trace.tell(machine.name, "\(operation.kind.rawValue): \(what) \(DiskNode.text(path))")
    }
    switch operation.kind {
    case .create:
      tell("writes", name)
      person.write(text, to: name)
    case .createDeep:
      let path = Array("new\(operation.second % 3)/in\(operation.third % 2)/".utf8) + name
      tell("writes", path)
      person.write(text, to: path)
    case .rename:
      guard let some else { return }
      let path = operation.second % 3 == 0 ? name : Array("moved\(operation.second % 4)/".utf8) + some.file.name
      tell("\(DiskNode.text(some.path)) to", path)
      person.rename(some.path, to: path)
    case .moveDirectory:
      guard let directory, let path = disk.pathInBank(directory) else { return }
      let target = Array("dir\(operation.second % 3)".utf8)
      tell("\(DiskNode.text(path)) to", target)
      person.rename(path, to: target)
    case .remove:
      guard let some else { return }
      tell("removes", some.path)
      person.remove(some.path)
    case .removeDirectory:
      guard let directory, let path = disk.pathInBank(directory) else { return }
      tell("removes", path)
      person.removeTree(directory)
    case .removeAndRemake:
      guard let some else { return }
      tell("removes and makes anew", some.path)
      person.remove(some.path)
      let boots = machine.boots
      world.after(Int64(operation.third % 4_000) * World.millisecond) {
        if machine.boots == boots { person.write(text, to: some.path) }
      }
    case .removeMany:
      tell("removes many files", [])
      for (path, _) in person.documents() where (path.hashless ^ operation.second) % 4 != 0 { person.remove(path) }
    case .empty:
      guard let some else { return }
      tell("empties", some.path)
      person.write([], to: some.path)
    case .makeExecutable:
      guard let some else { return }
      tell("changes the mode of", some.path)
      disk.changeMode(some.file, executable: some.file.mode & 0o100 == 0)
    case .fileToDirectory:
      guard let some else { return }
      tell("puts a directory in the place of", some.path)
      person.remove(some.path)
      person.write(text, to: some.path + Array("/inner.md".utf8))
    case .directoryToFile:
      guard let directory, let path = disk.pathInBank(directory) else { return }
      tell("puts a file in the place of", path)
      person.removeTree(directory)
      person.write(text, to: path)
    case .symbolicLink:
      guard let root = disk.root, !disk.isReadOnly, root.child(name) == nil else { return }
      guard !name.contains(UInt8(ascii: "/")) else { return }
      tell("links", name)
      _ = disk.make(.symbolicLink, name, in: root)
    case .oddName:
      let odd: [[UInt8]] = [
        [0x61, 0xff, 0x62], Array("PROGRESS.md".utf8), Array("a\u{1}b.md".utf8), Array(".git".utf8),
      ]
      let path = odd[Int(operation.second % UInt64(odd.count))]
      tell("writes", path)
      person.write(text, to: path)
    case .ignoredFile:
      let ignored = ["draft.tmp", "notes.md~", ".DS_Store", "a.swp", "node_modules/x.md"]
      let path = Array(ignored[Int(operation.second % UInt64(ignored.count))].utf8)
      tell("writes", path)
      person.write(text, to: path)
    case .secret:
      tell("writes a secret into", name)
      person.write(Words.secret(number, operation.second), to: name)
    case .large:
      let count = operation.second % 2 == 0 ? 5_000 : 20_000
      tell("writes \(count) bytes into", name)
      var bytes = text
      while bytes.count < count {
        bytes = Words.append(Words.line(machine.name, number, UInt64(bytes.count)), to: bytes)
      }
      person.write(bytes, to: name)
    default: break
    }
  }
}

extension [UInt8] {
  /// A number that depends on the bytes alone.
  var hashless: UInt64 { reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 } }
}
