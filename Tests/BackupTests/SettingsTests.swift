import Backup
import Support
import Testing

@Suite("Settings of backups")
struct SettingsTests {
  static func settings(
    _ text: String, _ variables: [String: String] = [:]
  ) throws -> BackupSettings {
    let configuration = try Configuration(parsing: Array(text.utf8), file: ".membank")
    let environment = try Environment(["HOME": "/home/ada"].merging(variables) { $1 })
    return BackupSettings(configuration, environment, bank: "/home/ada/bank", standard: "/state/backups")
  }

  @Test("without any there is a default target, on demand")
  func none() throws {
    let settings = try Self.settings("")
    #expect(settings.isDefault)
    #expect(
      settings.targets == [
        TargetSettings(
          name: "default", kind: .bundle(directory: "/state/backups"), schedule: nil, retention: .standard, jitter: nil)
      ])
    #expect(settings.problems.isEmpty)
  }

  @Test("the environment gives defaults, [backup] others, and a target its own")
  func precedence() throws {
    let variables = ["BACKUP_INTERVAL": "6h", "BACKUP_RETENTION": "30"]
    let standard = try Self.settings("", variables)
    #expect(standard.targets.first?.schedule?.description == "every 6h")
    #expect(standard.targets.first?.retention == RetentionPolicy([.daily: 30]))
    let settings = try Self.settings(
      """
      [backup]
        schedule = daily
        keep-weekly = 4
      [backup "here"]
        directory = ~/backups/
      [backup "there"]
        target = upstash-copy
        url = redis://redis.example
        schedule = Mon..Fri 03:30
        schedule = Sat 12:00
        keep-last = 3
        keep-daily = 0
        jitter = 10m
      """, variables)
    #expect(!settings.isDefault)
    #expect(settings.targets.map(\.name) == ["here", "there"])
    #expect(settings.targets[0].kind == .bundle(directory: "/home/ada/backups"))
    #expect(settings.targets[0].schedule?.description == "daily")
    #expect(settings.targets[0].retention == RetentionPolicy([.weekly: 4]))
    #expect(settings.targets[1].kind == .copy(RemoteSettings(name: "there", url: "redis://redis.example")))
    #expect(settings.targets[1].schedule?.description == "Mon..Fri 03:30; Sat 12:00")
    #expect(settings.targets[1].retention == RetentionPolicy([.last: 3]))
    #expect(settings.targets[1].jitter == 600)
  }

  @Test(
    "what makes no sense is told with its place, and the other targets go on",
    arguments: [
      (
        "directory = /b\n schedule = sometimes", "[backup \"bad\"] schedule: 'sometimes' is no schedule: at character 1"
      ),
      ("directory = backups", "[backup \"bad\"] directory: is 'backups' and should be an absolute path"),
      ("schedule = daily", "[backup \"bad\"] directory: is missing"),
      ("directory = /home/ada/bank/backups", "inside the bank"), ("directory = /home/ada/bank", "inside the bank"),
      ("target = tape", "[backup \"bad\"] target: 'tape' is no kind of target"),
      ("target = upstash-copy", "[backup \"bad\"] url: is missing, and UPSTASH_REDIS_REST_URL is not set"),
      ("target = upstash-copy\n url = redis://:h1dden@host", "url: holds a password"),
      ("directory = /good/", "is the same place as 'good'"),
      ("directory = /b\n keep-daily = many", "[backup \"bad\"] keep-daily: is 'many' and should be a number from 0"),
      ("directory = /b\n jitter = 2d", "[backup \"bad\"] jitter: is '2d' and should be a time up to a day"),
    ])
  func mistakes(_ text: String, _ message: String) throws {
    let settings = try Self.settings("[backup \"good\"]\n directory = /good\n[backup \"bad\"]\n \(text)\n")
    #expect(settings.targets.map(\.name) == ["good"])
    #expect(settings.problems.map(\.name) == ["bad"])
    let found = settings.problems.first?.message ?? ""
    #expect(found.contains(message) && found.hasPrefix(".membank "), "\(found)")
  }

  @Test("mistakes that hold for all of them keep all of them back")
  func commonMistakes() throws {
    let text = "[backup]\n schedule = 25:00\n[backup \"one\"]\n directory = /one\n"
    #expect(try Self.settings(text).problems.map(\.name) == ["one"])
    let environment = try Self.settings("", ["BACKUP_RETENTION": "for ever"])
    #expect(environment.targets.isEmpty)
    #expect(environment.problems.first?.message.contains("BACKUP_RETENTION is 'for ever'") == true)
  }

  @Test("an unknown setting is passed over, and named")
  func unknown() throws {
    let settings = try Self.settings("[backup \"one\"]\n directory = /one\n colour = blue\n")
    #expect(settings.targets.count == 1)
    #expect(settings.warnings == ["[backup \"one\"] colour: unknown setting"])
  }
}
