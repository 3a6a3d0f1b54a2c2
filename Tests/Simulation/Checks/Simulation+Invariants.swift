import Bank
import History
import Mirror
import RedisTransport
import SimulatedRedis
import Support
import SyncEngine

extension Simulation {
  /// What must hold whenever everything is at rest.
  func check() {
    audit.checks += 1
    for witness in witnesses { witness.review() }
    guard let tip = machines[0].program?.engine.tip else { return }
    let before = audit.files
    for machine in machines {
      if machine.storage.refs["refs/heads/main"]?.value != tip {
        return ledger.violate("no convergence", "\(machine.name) has another main than \(tip.short())")
      }
    }
    if let problem = audit.advance(to: tip, in: machines[0].storage) {
      return ledger.violate("history", problem)
    }
    for (path, _) in before where audit.files[path] == nil && !ledger.mayVanish(path) {
      return ledger.violate("deleted by nobody", "\(DiskNode.text(path)) is gone, and nobody deleted it")
    }
    for machine in machines { check(machine) }
    for server in servers { check(server, tip) }
    checkDebts()
  }

  /// Nothing settled is ever lost.
  private func checkDebts() {
    var known = audit.blobs
    for machine in machines {
      let tips = machine.storage.refs.keys.sorted().compactMap { machine.storage.refs[$0]?.value }
      known.formUnion(audit.blobs(of: tips, in: machine.storage))
      for (_, file) in machine.disk.files() { known.insert(file.blob) }
    }
    for (blob, debt) in ledger.debts.sorted(by: { $0.key < $1.key }) where !known.contains(blob) {
      return ledger.violate(
        "lost",
        "what stood in \(debt.path) on \(debt.machine) at \(debt.time / World.second) s is nowhere (\(blob.short()))")
    }
  }

  /// The directory is as the bank has it, but for what this machine has a reason to keep otherwise.
  private func check(_ machine: Machine) {
    guard let program = machine.program else { return }
    let rules = IgnoreRules(patterns: machine.ignore)
    var seen: Set<[UInt8]> = []
    for (path, file) in machine.disk.files() {
      let name = path.split(separator: UInt8(ascii: "/")).last ?? []
      if name.starts(with: PathProblem.temporaryPrefix.utf8) {
        return ledger.violate("left behind", "\(machine.name) still has \(DiskNode.text(path))")
      }
      guard let document = try? BankPath(path), !rules.ignores(document, isDirectory: false) else { continue }
      seen.insert(path)
      let wanted = audit.files[path]
      if let wanted, wanted == Audit.File(blob: file.blob, isExecutable: file.mode & 0o100 != 0) { continue }
      let isSecret = String(decoding: file.bytes, as: UTF8.self).contains("ghp_")
      if isSecret || file.bytes.count > setting.holdLimit {
        if program.engine.problems[document.description] != nil { continue }
        return ledger.violate("unsaid", "\(machine.name) keeps \(document) back and doesn't say so")
      }
      return ledger.violate(
        "no convergence",
        "\(machine.name) has \(document) with \(file.blob.short()), the bank \(wanted?.blob.short() ?? "nothing")")
    }
    for path in audit.files.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) where !seen.contains(path) {
      guard let document = try? BankPath(path) else {
        return ledger.violate("bad name", "the bank has \(DiskNode.text(path))")
      }
      if rules.ignores(document, isDirectory: false) { continue }
      return ledger.violate("no convergence", "\(machine.name) lacks \(document)")
    }
    for (index, link) in machine.links.enumerated() {
      guard let recorded = machine.storage.refs["refs/remotes/m\(index)/main"]?.value else { continue }
      if !link.server.heads.contains(recorded) {
        ledger.violate(
          "base", "\(machine.name) thinks that \(link.server.name) had \(recorded.short()), which it never did")
      }
    }
    let listed = Set(program.engine.conflicts.map(\.copy.bytes))
    for path in audit.files.keys where DiskNode.text(path).contains(".conflict-") {
      guard let document = try? BankPath(path), ConflictName.original(of: document) != nil else { continue }
      if !listed.contains(path) { ledger.violate("unsaid", "\(machine.name) doesn't list the conflict \(document)") }
    }
  }

  /// A server holds what the bank has, and nothing for ever.
  private func check(_ server: Server, _ tip: ObjectID) {
    let keys = server.keys
    let indexed = server.redis.execute(RedisCommand([Array("HKEYS".utf8), keys.index])).array ?? []
    let names = Set(indexed.compactMap(\.bytes))
    if names != Set(audit.files.keys) {
      let wrong = names.symmetricDifference(audit.files.keys).map(DiskNode.text).sorted()
      return ledger.violate("projection", "the index of \(server.name) is wrong about \(wrong.joined(separator: ", "))")
    }
    for (path, file) in audit.files.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let value = server.redis.execute(RedisCommand([Array("GET".utf8), keys.documentPrefix + path])).bytes
      let size = machines[0].storage.objects[file.blob]?.object.bytes.count ?? 0
      if let value, Words.holdSecret(value) {
        return ledger.violate("secret", "\(server.name) has one in \(DiskNode.text(path))")
      }
      let blob = value.map { ObjectID.blob(of: $0) }
      if blob != (size > setting.documentLimit ? nil : file.blob) {
        return ledger.violate(
          "projection",
          "\(server.name) has \(blob?.short() ?? "nothing") for \(DiskNode.text(path)), the bank \(file.blob.short())")
      }
    }
    for key in server.redis.keys() {
      // What others keep there under another type is left alone.
      let isDocument =
        key.starts(with: keys.documentPrefix)
        && server.redis.execute(RedisCommand([Array("TYPE".utf8), key])) == .status("string")
      if isDocument, audit.files[Array(key[keys.documentPrefix.count...])] == nil {
        return ledger.violate("projection", "\(server.name) has \(DiskNode.text(key)), which the bank hasn't")
      }
      if server.redis.expiry(of: key) == nil {
        return ledger.violate("no TTL", "\(DiskNode.text(key)) in \(server.name) lives for ever")
      }
    }
  }

  /// Looking again finds nothing to do.
  func checkIdempotence() {
    let objects = machines.map(\.storage.objects.count)
    let heads = servers.map { $0.redis.execute(RedisCommand([Array("HGET".utf8), $0.keys.head, Array("seq".utf8)])) }
    for machine in machines {
      machine.program?.reload()
    }
    world.run(until: world.now + 15 * World.second)
    if let tip = audit.main, !machines.allSatisfy({ $0.storage.refs["refs/heads/main"]?.value == tip }) {
      ledger.violate("not idempotent", "looking again made another version")
    } else if objects != machines.map(\.storage.objects.count) {
      ledger.violate("not idempotent", "looking again wrote objects")
    } else if heads
      != servers.map({ $0.redis.execute(RedisCommand([Array("HGET".utf8), $0.keys.head, Array("seq".utf8)])) })
    {
      ledger.violate("not idempotent", "looking again published")
    }
  }
}
