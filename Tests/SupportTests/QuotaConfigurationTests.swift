import Support
import Testing

@Suite("Settings of what remotes may cost")
struct QuotaConfigurationTests {
  private func read(_ text: String) throws -> Configuration {
    try Configuration(parsing: Array(text.utf8), file: ".membank")
  }

  @Test("are read, and written so that they are read again")
  func roundTrip() throws {
    let read = try read(
      "[quota]\n\tbudget = 100000\n\tactivePoll = 30s\n\tidlePoll = 10m\n\tscan = 6h\n\treadRegions = 1\n")
    #expect(read.quota.budget == 100_000 && read.quota.activePoll == 30 && read.quota.idlePoll == 600)
    #expect(read.quota.scan == 21_600 && read.quota.readRegions == 1 && read.warnings.isEmpty)
    #expect(try self.read(read.rendered()).quota == read.quota)
    // They send nothing anywhere and need no approval.
    #expect(!read.isSensitive)
    #expect(try self.read("[quota]\n\tbudget = 0\n").quota.budget == 0)
    #expect(!Configuration().rendered().contains("[quota]"))
  }

  @Test(
    "are refused where they make no sense, with file and line",
    arguments: [
      "budget = many", "budget = -1", "budget = 99999999999999", "activePoll = 1s", "idlePoll = 30d", "scan = 5s",
      "readRegions = 101", "budget",
    ])
  func refused(line: String) {
    #expect { try read("[quota]\n\t\(line)\n") } throws: { error in
      "\(error)".contains("quota.") && (error as? ConfigurationError)?.line == 2
    }
  }
}
