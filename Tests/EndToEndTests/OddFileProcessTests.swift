import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Bad input: odd files")
struct OddFileProcessTests {
  @Test("pipes, sockets and devices are never opened, and told of")
  func special() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      #expect(mkfifo(one.bank + "/pipe.md", 0o644) == 0)
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.complaint.contains("pipe.md is neither a file nor a directory"), "\(outcome.text)")
      #expect(try stage.document("a.md") == "a\n")
      try await one.daemon()
      #expect(mkfifo(one.bank + "/more.md", 0o644) == 0)
      try one.write("a.md", "aa\n")
      try await one.flush(expecting: 1)
      #expect(try stage.document("a.md") == "aa\n")
    }
  }

  @Test(
    "a tracked file that turns into something else keeps its last version", arguments: ["pipe", "link", "directory"])
  func turned(_ what: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write(notes: 3)
      try await one.sync()
      try one.remove("note-1.md")
      switch what {
      case "pipe": #expect(mkfifo(one.bank + "/note-1.md", 0o644) == 0)
      case "link": try makeLink(at: one.bank + "/note-1.md", to: "/etc/hostname")
      default: try one.write("note-1.md/inside.md", "inside\n")
      }
      let outcome = try await one.membank("sync", "--once")
      if what == "directory" {
        #expect(outcome.status == 0, "\(outcome.text)")
        #expect(try stage.document("note-1.md") == nil)
        #expect(try stage.document("note-1.md/inside.md") == "inside\n")
      } else {
        #expect(outcome.status == 1, "\(outcome.text)")
        #expect(try stage.document("note-1.md") == "# Note 1\n")
      }
    }
  }

  @Test("a marker that is no file is refused", arguments: ["directory", "link", "pipe", "empty"])
  func marker(_ what: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let marker = try #require(one.read(".membank"))
      try one.remove(".membank")
      switch what {
      case "directory": try makeDirectories(one.bank + "/.membank")
      case "link":
        try Data(marker.utf8).write(to: URL(filePath: one.root.path + "/home/marker"))
        try makeLink(at: one.bank + "/.membank", to: one.root.path + "/home/marker")
      case "pipe": #expect(mkfifo(one.bank + "/.membank", 0o644) == 0)
      default: try one.write(".membank", "")
      }
      for command in [["sync", "--once"], ["sync"], ["status"]] {
        let outcome = try await one.membank(command)
        #expect([2, 4].contains(outcome.status), "\(outcome.text)")
        #expect(outcome.complaint.contains(".membank"), "\(outcome.text)")
      }
      #expect(try stage.document("a.md") == "a\n")
      try one.remove(".membank")
      try one.write(".membank", marker)
      try await one.sync()
    }
  }

  @Test(
    "a marker that can't be read stops nothing that runs",
    .enabled(if: Unprivileged.isPossible, "root sees past modes, and setpriv is missing"))
  func unreadableMarker() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      chmod(one.bank + "/.membank", 0)
      let outcome = try await one.withoutPrivileges(["sync", "--once"])
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains("\(one.bank)/.membank") && outcome.complaint.contains("Permission denied"))
      chmod(one.bank + "/.membank", 0o644)
      try await one.sync()
    }
  }

  @Test("paths over the limit are told of, and nothing else suffers")
  func deep() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      let script = """
        half=0123456789
        for level in $(seq 250); do half=$half/0123456789; done
        mkdir -p $half ../home/$half
        echo deep > ../home/$half/deep.md
        mv ../home/0123456789 $half/
        """
      #expect(try await run(["/bin/sh", "-ec", script], in: one.bank).status == 0)
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.complaint.contains("lies in more than 127 directories"))
      #expect(try stage.document("a.md") == "a\n")
      _ = try await run(["rm", "-rf", one.bank + "/0123456789"])
    }
  }

  @Test("a file of gigabytes is held without being read")
  func sparse() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try one.write("huge.md", "")
      #expect(truncate(one.bank + "/huge.md", 8 << 30) == 0)
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.complaint.contains("huge.md is over 8"), "\(outcome.text)")
      // What looks through the directory at the end would read it.
      try one.remove("huge.md")
      #expect(try stage.document("a.md") == "a\n")
    }
  }

  @Test("the executable bit travels, other modes don't")
  func modes() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write("run.sh", "#!/bin/sh\n")
      try one.write("private.md", "p\n")
      chmod(one.bank + "/run.sh", 0o755)
      chmod(one.bank + "/private.md", 0o600)
      try await one.sync()
      try await two.sync()
      #expect(access(two.bank + "/run.sh", X_OK) == 0)
      try two.write("private.md", "changed elsewhere\n")
      try await two.sync()
      try await one.sync()
      var status = stat()
      #expect(stat(one.bank + "/private.md", &status) == 0 && status.st_mode & 0o777 == 0o600)
      chmod(one.bank + "/run.sh", 0o644)
      try await one.sync()
      try await two.sync()
      var other = stat()
      #expect(stat(two.bank + "/run.sh", &other) == 0 && other.st_mode & 0o111 == 0)
    }
  }
}
