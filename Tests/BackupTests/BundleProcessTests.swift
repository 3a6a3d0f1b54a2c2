import Backup
import FoundationEssentials
import Glibc
import History
import Support
import TestSupport
import Testing

@Suite("Backups as git bundles")
struct BundleProcessTests {
  let bench: Workbench
  let target: BundleTarget

  init() throws {
    bench = try Workbench()
    target = BundleTarget(bench.subject, directory: bench.place("backups/of/mine"), mayMakeDirectory: true)
  }

  private func git(_ arguments: String..., in directory: String = "/") throws -> Tool.Result {
    try Tool.run("git", ["-C", directory] + arguments)
  }

  @Test("git takes them: verify, and a clone that has every file and every commit", arguments: [1, 6, 200])
  func gitTakesThem(versions: Int) throws {
    try bench.fill(versions: versions)
    let head = try #require(bench.head)
    let made = try target.create(bench.job())
    #expect(made.id == "20261118T110640Z")
    let verified = try git("bundle", "verify", made.place, in: bench.history.directory)
    #expect(verified.status == 0 && verified.output.contains("records a complete history"), "\(verified.output)")
    let heads = try git("bundle", "list-heads", made.place)
    #expect(heads.output == "\(head) HEAD\n\(head) refs/heads/main\n")
    let clone = bench.place("clone")
    #expect(try git("clone", "-q", made.place, clone).status == 0)
    #expect(try git("symbolic-ref", "HEAD", in: clone).output == "refs/heads/main\n")
    #expect(try git("rev-parse", "HEAD", in: clone).output == "\(head)\n")
    for (name, bytes) in try bench.files() {
      #expect(FileManager.default.contents(atPath: "\(clone)/\(name)").map(Array.init) == bytes, "\(name)")
    }
    #expect(try git("status", "--porcelain", in: clone).output == "")
    #expect(try git("fsck", "--strict", "--full", in: clone).status == 0)
    let log = ["log", "--format=%H %T %an %at %s"]
    #expect(
      try Tool.run("git", ["-C", clone] + log).output
        == Tool.run("git", ["--git-dir", bench.history.directory] + log + ["main"]).output)
  }

  @Test("the manifest says what it is")
  func manifest() throws {
    try bench.fill(versions: 3)
    let made = try target.create(bench.job())
    let manifest = try #require(made.manifest)
    #expect(manifest.commits == 4 && manifest.files == 7)
    #expect(manifest.bytes == (try bench.files().values.reduce(0) { $0 + Int64($1.count) }))
    let text = try #require(FileManager.default.contents(atPath: made.place.replacing(".bundle", with: ".json")))
    let json = try JSONValue.parse(Array(text))
    #expect(json["project"] == "demo" && json["bank"]?.text == Workbench.bank)
    #expect(json["head"]?.text == bench.head?.description && json["time"] == "2026-11-18T11:06:40Z")
    #expect(json["membank"]?.text == Version.current)
    let bundle = Array(try #require(FileManager.default.contents(atPath: made.place)))
    #expect(json["bundle"]?["sha256"]?.text == sha256(bundle))
    #expect(json["bundle"]?["bytes"]?.integer == Int64(bundle.count))
    #expect(try target.list() == [made])
    #expect(
      bench.names("backups/of/mine") == [
        "demo-11111111-20261118T110640Z.bundle", "demo-11111111-20261118T110640Z.json",
      ])
    var facts = stat()
    #expect(stat(made.place, &facts) == 0 && facts.st_mode & 0o077 == 0, "others may read it")
    #expect(access(bench.place("scratch"), F_OK) != 0)
  }

  @Test("a bank that was emptied")
  func emptied() throws {
    try bench.commit(["a.md": Array("a\n".utf8)])
    try bench.commit(["a.md": nil])
    let made = try target.create(bench.job())
    #expect(made.manifest?.files == 0)
    let clone = bench.place("clone")
    #expect(try git("clone", "-q", made.place, clone).status == 0)
    #expect(try git("log", "--format=%H", in: clone).output.split(separator: "\n").count == 2)
    #expect(try target.verify(made, bench.drill).restored?.files == 0)
  }

  @Test("verify restores and compares; load brings all versions into another history")
  func verify() throws {
    try bench.fill()
    let made = try target.create(bench.job())
    let report = try target.verify(made, bench.drill)
    #expect(report.restored == .init(head: try #require(bench.head), commits: 13, files: 7, comparesWithHistory: true))
    let other = try History.create(at: bench.place("other.git"))
    try target.load(made, into: other, BackupWatch())
    #expect(try other.isComplete(try #require(bench.head), trusting: []))
    let alone = BackupDrill(reference: nil, scratch: bench.place("scratch"), watch: BackupWatch())
    #expect(try target.verify(made, alone).restored?.comparesWithHistory == false)
    #expect(access(bench.place("scratch"), F_OK) != 0)
  }

  @Test("a flipped bit anywhere is found", arguments: [0.0, 0.001, 0.3, 0.5, 0.8, 0.999])
  func flippedBit(_ fraction: Double) throws {
    try bench.fill()
    let made = try target.create(bench.job())
    try flip(made.place, at: fraction)
    // A look from outside can't tell.
    #expect(try target.list().first?.isGood == true)
    let error = #expect(throws: BackupError.self) { try target.verify(made, bench.drill) }
    #expect(
      error?.kind == .damaged && error?.description.contains(made.place) == true, "\(error.map { "\($0)" } ?? "")")
    let other = try History.create(at: bench.place("other.git"))
    #expect(throws: BackupError.self) { try target.load(made, into: other, BackupWatch()) }
    #expect(try other.looseObjectCount == 0 && other.packCount == 0)
  }

  @Test("a bundle that was changed together with its checksum is found, too", arguments: [0.3, 0.6, 0.95])
  func tampered(_ fraction: Double) throws {
    try bench.fill()
    let made = try target.create(bench.job())
    try flip(made.place, at: fraction)
    var manifest = try #require(made.manifest)
    let bytes = Array(try #require(FileManager.default.contents(atPath: made.place)))
    manifest.content = .bundle(
      file: String(made.place.split(separator: "/").last ?? ""), bytes: Int64(bytes.count), sha256: sha256(bytes))
    let forged = Backup(id: made.id, seconds: made.seconds, place: made.place, manifest: manifest, state: .complete)
    let error = #expect(throws: BackupError.self) { try target.verify(forged, bench.drill) }
    #expect(error?.kind == .damaged, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("a manifest that was changed, a bundle that is gone or cut short: damaged, and said so")
  func damagedFiles() throws {
    try bench.fill()
    let made = try target.create(bench.job())
    let manifest = made.place.replacing(".bundle", with: ".json")
    let text = String(decoding: try #require(FileManager.default.contents(atPath: manifest)), as: UTF8.self)
    func problem() throws -> String {
      let found = try #require(try target.list().first)
      guard case .damaged(let problem) = found.state else { return "" }
      let error = #expect(throws: BackupError.self) { try target.verify(found, bench.drill) }
      #expect(error?.kind == .damaged)
      return problem
    }
    try Data(text.replacing("\"files\": 7", with: "\"files\": 6").utf8).write(to: URL(filePath: manifest))
    #expect(try problem().contains("its checksum is wrong"))
    try Data(text.prefix(100).utf8).write(to: URL(filePath: manifest))
    #expect(try problem().contains("it is not JSON"))
    try Data(text.replacing("\"version\": 1", with: "\"version\": 2").utf8).write(to: URL(filePath: manifest))
    #expect(try problem().contains("update membank"))
    try Data(text.utf8).write(to: URL(filePath: manifest))
    #expect(truncate(made.place, 500) == 0)
    #expect(try problem().contains("has 500 bytes instead of"))
    #expect(unlink(made.place) == 0)
    #expect(try problem().contains("is gone"))
  }

  @Test("several banks and machines share a directory, in the same second")
  func shared() throws {
    try bench.fill(versions: 1)
    let mine = try target.create(bench.job())
    bench.replica = "bbbbbbbb00000000"
    let second = BundleTarget(bench.subject, directory: target.place, mayMakeDirectory: true)
    let theirs = try second.create(bench.job())
    #expect(theirs.id == "20261118T110641Z")
    let other = BackupSubject(
      project: "demo", bank: "99999999-2222-4333-8444-555555555555", replica: "c", prefix: "membank",
      documentLimit: 1)
    let third = BundleTarget(other, directory: target.place, mayMakeDirectory: true)
    #expect(try third.list() == [])
    #expect(try target.list() == [mine, theirs])
    try target.delete(mine)
    #expect(try second.list() == [theirs])
    #expect(bench.names("backups/of/mine").count == 2)
  }

  @Test("what an interrupted run left is taken away; what another machine is making is not")
  func leftovers() throws {
    try bench.fill(versions: 1)
    let made = try target.create(bench.job())
    let now: Int64 = 1_795_000_100
    let stem = "\(target.place)/.demo-11111111-"
    let old = BackupStamp.text(now - 90_000)
    let young = BackupStamp.text(now - 60)
    for name in [
      "\(stem)\(young).aaaaaaaa.bundle", "\(stem)\(young).aaaaaaaa.json", "\(stem)\(young).bbbbbbbb.bundle",
      "\(stem)\(old).bbbbbbbb.json", "\(target.place)/demo-11111111-\(old).bundle",
      "\(target.place)/demo-11111111-\(young).bundle", "\(target.place)/holiday.json",
      "\(target.place)/.demo-99999999-\(old).aaaaaaaa.bundle",
    ] {
      try Data("x".utf8).write(to: URL(filePath: name))
    }
    try target.clean(now: now)
    #expect(
      bench.names("backups/of/mine") == [
        ".demo-11111111-\(young).bbbbbbbb.bundle", ".demo-99999999-\(old).aaaaaaaa.bundle",
        "demo-11111111-20261118T110640Z.bundle", "demo-11111111-20261118T110640Z.json",
        "demo-11111111-\(young).bundle", "holiday.json",
      ])
    #expect(try target.list() == [made])
  }

  @Test("a run that is stopped leaves nothing", arguments: ["packing", "checking versions", "comparing"])
  func stopped(at step: String) throws {
    try bench.fill()
    let cancellation = Cancellation()
    let watch = BackupWatch(cancellation: cancellation) { now, _, _ in if now == step { cancellation.ask() } }
    let error = #expect(throws: BackupError.self) { try target.create(bench.job(watch)) }
    #expect(error?.kind == .cancelled, "\(error.map { "\($0)" } ?? "")")
    #expect(bench.names("backups/of/mine") == [])
    #expect(access(bench.place("scratch"), F_OK) != 0)
    _ = try target.create(bench.job())
  }

  @Test("a history that lacks something makes no backup")
  func incompleteHistory() throws {
    try bench.fill()
    let blob = try bench.history.writeBlob(Array("- entry 0\n".utf8))
    let text = blob.description
    #expect(unlink("\(bench.history.directory)/objects/\(text.prefix(2))/\(text.dropFirst(2))") == 0)
    let job = BackupJob(
      bench.subject, history: try History(opening: bench.history.directory), head: try #require(bench.head),
      seconds: 1_795_000_000, scratch: bench.place("scratch"), watch: BackupWatch())
    let error = #expect(throws: BackupError.self) { try target.create(job) }
    #expect(error?.description.contains("the bank's history") == true, "\(error.map { "\($0)" } ?? "")")
    #expect(bench.names("backups/of/mine") == [])
  }

  @Test("a directory that is gone is not made again where backups stood")
  func goneDirectory() throws {
    try bench.fill(versions: 1)
    let careful = BundleTarget(bench.subject, directory: bench.place("disk/backups"), mayMakeDirectory: false)
    let error = #expect(throws: BackupError.self) { try careful.create(bench.job()) }
    #expect(error?.kind == .place && error?.message.contains("Mount the disk") == true)
    #expect(access(bench.place("disk"), F_OK) != 0)
  }
}

extension Workbench {
  fileprivate func job(_ watch: BackupWatch) throws -> BackupJob { try job(at: 1_795_000_000, watch) }
}
