import FoundationEssentials
import Testing

@Suite("Merging files as git does")
struct MergeFileProcessTests {
  private static let base = "# Tasks\n\n- [ ] one\n- [ ] two\n\nthe focus\n"
  private static let ours = "# Tasks\n\n- [x] one\n- [ ] two\n- [ ] three\n\nthe focus\n"
  private static let theirs = "# Tasks\n\n- [ ] one\n- [x] two\n- [ ] four\n\nthe focus\n"
  private static let both = "# Tasks\n\n- [x] one\n- [x] two\n- [ ] three\n- [ ] four\n\nthe focus\n"

  private func write(_ texts: [String: String], _ machine: Machine) throws {
    for (name, text) in texts { try machine.write(name, text) }
  }

  @Test("writes what goes together into ours, or prints it and leaves ours alone", arguments: [false, true])
  func merged(prints: Bool) async throws {
    let one = try Machine("one")
    try write(["base": Self.base, "ours": Self.ours, "theirs": Self.theirs], one)
    let outcome = try await one.membank(["merge-file"] + (prints ? ["-p"] : []) + ["base", "ours", "theirs"])
    #expect(outcome.status == 0 && outcome.complaint.isEmpty, "\(outcome.text)")
    #expect(outcome.output == (prints ? Self.both : ""))
    #expect(one.read("ours") == (prints ? Self.ours : Self.both))
    #expect(one.read("theirs") == Self.theirs && one.read("base") == Self.base)
  }

  @Test(
    "marks what doesn't, or decides it",
    arguments: [
      ([], 1, "- [x] one\n\n<<<<<<< ours\nmy focus\n=======\ntheir focus\n>>>>>>> theirs\n"),
      (
        ["--diff3", "--marker-size", "3", "--base-name", "then"], 1,
        "- [x] one\n\n<<< ours\nmy focus\n||| then\nthe focus\n===\ntheir focus\n>>> theirs\n"
      ),
      (["--ours"], 0, "- [x] one\n\nmy focus\n"), (["--theirs"], 0, "- [x] one\n\ntheir focus\n"),
      (["--union"], 0, "- [x] one\n\nmy focus\n\ntheir focus\n"),
    ] as [([String], Int32, String)])
  func conflict(options: [String], status: Int32, text: String) async throws {
    let one = try Machine("one")
    try write(
      [
        "base": "- [ ] one\n\nthe focus\n", "ours": "- [ ] one\n\nmy focus\n",
        "theirs": "- [x] one\n\ntheir focus\n",
      ], one)
    let outcome = try await one.membank(["merge-file"] + options + ["base", "ours", "theirs"])
    #expect(outcome.status == status, "\(outcome.text)")
    #expect(outcome.complaint.contains("conflict") == (status > 0))
    #expect(one.read("ours") == text)
  }

  @Test("leaves ours as it is where a file is no text or is missing, or too much is asked")
  func refused() async throws {
    let one = try Machine("one")
    try write(["base": "a\n", "ours": "b\n", "theirs": "c\u{0}\n"], one)
    let binary = try await one.membank("merge-file", "base", "ours", "theirs")
    #expect(binary.status == 1 && binary.complaint.contains("UTF-8"), "\(binary.text)")
    let missing = try await one.membank("merge-file", "base", "ours", "nowhere")
    #expect(missing.status == 255 && missing.complaint.contains("nowhere"), "\(missing.text)")
    let usage = try await one.membank("merge-file", "--ours", "--theirs", "base", "ours", "theirs")
    #expect(usage.status == 2, "\(usage.text)")
    #expect(one.read("ours") == "b\n")
  }

  @Test("is a merge driver of a repository")
  func driver() async throws {
    let one = try Machine("one")
    try await repository(one)
    try one.write("tasks.md", Self.base)
    try await git(one, "add", "-A")
    try await git(one, "commit", "-qm", "base")
    try await git(one, "checkout", "-qb", "side")
    try await commit(Self.theirs, one)
    try await git(one, "checkout", "-q", "main")
    try await commit(Self.ours, one)
    try await git(one, "merge", "-q", "side")
    #expect(one.read("tasks.md") == Self.both)

    try await git(one, "checkout", "-q", "side")
    try await commit(Self.theirs.replacing("the focus", with: "their focus"), one)
    try await git(one, "checkout", "-q", "main")
    try await commit(Self.both.replacing("the focus", with: "my focus"), one)
    let outcome = try await git(one, "merge", "-q", "side", expecting: 1)
    #expect(outcome.text.contains("CONFLICT"))
    #expect(
      one.read("tasks.md")
        == Self.both.replacing("the focus\n", with: "<<<<<<< ours\nmy focus\n=======\ntheir focus\n>>>>>>> theirs\n"))
  }

  /// A repository of a person who merges Markdown by its blocks, as docs/merging.md says.
  private func repository(_ machine: Machine) async throws {
    let driver =
      "'\(membankPath)' merge-file %O %A %B --marker-size %L --ours-name ours --theirs-name theirs"
    try await git(machine, "init", "-q", "-b", "main")
    try await git(machine, "config", "merge.markdown.driver", driver)
    try machine.write(".gitattributes", "*.md merge=markdown\n")
  }

  private func commit(_ text: String, _ machine: Machine) async throws {
    try machine.write("tasks.md", text)
    try await git(machine, "commit", "-qam", "edit")
  }

  @discardableResult
  private func git(_ machine: Machine, _ words: String..., expecting status: Int32 = 0) async throws -> Outcome {
    let outcome = try await run(
      ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"] + words, environment: machine.environment,
      in: machine.bank)
    #expect(outcome.status == status, "\(words): \(outcome.text)")
    return outcome
  }
}
