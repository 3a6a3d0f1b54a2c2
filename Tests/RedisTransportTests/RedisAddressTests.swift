import RedisTransport
import Testing

@Suite("Redis addresses")
struct RedisAddressTests {
  @Test(
    "are read",
    arguments: [
      ("redis://localhost", RedisAddress(.tcp(host: "localhost", port: 6379))),
      ("REDIS://h:1/2", RedisAddress(.tcp(host: "h", port: 1), database: 2)),
      ("rediss://h:6380/1", RedisAddress(.tcp(host: "h", port: 6380), database: 1, security: .tls(authorities: nil))),
      ("redis://h/", RedisAddress(.tcp(host: "h", port: 6379))),
      ("redis://[::1]:7000", RedisAddress(.tcp(host: "::1", port: 7000))),
      ("redis://[::1]", RedisAddress(.tcp(host: "::1", port: 6379))),
      ("redis://:secret@h", RedisAddress(.tcp(host: "h", port: 6379), password: "secret")),
      ("redis://me:a%3Ab%40c@h", RedisAddress(.tcp(host: "h", port: 6379), user: "me", password: "a:b@c")),
      ("redis://me:a@b@h", RedisAddress(.tcp(host: "h", port: 6379), user: "me", password: "a@b")),
      (
        "redis://me:a/b?c#d@h/1",
        RedisAddress(.tcp(host: "h", port: 6379), user: "me", password: "a/b?c#d", database: 1)
      ),
      ("redis://me@h", RedisAddress(.tcp(host: "h", port: 6379), user: "me")),
      ("unix:///run/r.sock", RedisAddress(.unix(path: "/run/r.sock"))),
      ("unix:///run/r%20s.sock?db=4", RedisAddress(.unix(path: "/run/r s.sock"), database: 4)),
      ("unix://u:p@/run/r.sock", RedisAddress(.unix(path: "/run/r.sock"), user: "u", password: "p")),
    ])
  func read(url: String, address: RedisAddress) throws {
    #expect(try RedisAddress(parsing: url) == address)
  }

  @Test(
    "are refused with a reason",
    arguments: [
      ("localhost:6379", RedisAddressError.noScheme), ("http://h", .unknownScheme("http")),
      ("rediss://", .noHost), ("redis://", .noHost), ("redis://:6379", .noHost), ("redis://[::1", .noHost),
      ("redis://h:0", .badPort), ("redis://h:99999", .badPort), ("redis://h:x", .badPort),
      ("redis://h/x", .badDatabase), ("redis://h/+1", .badDatabase), ("redis://h:+1", .badPort),
      ("redis://a b", .noHost), ("redis://a]:b:1", .noHost), ("redis://h\u{9b}", .noHost),
      ("unix:///a%00b", .noSocketPath), ("redis://a:%+1@h", .badCredentials), ("unix://run/r.sock", .noSocketPath),
      ("unix://", .noSocketPath),
      ("unix:///r?db=-1", .badDatabase), ("redis://a:%zz@h", .badCredentials), ("redis://a:%2@h", .badCredentials),
    ])
  func refused(url: String, problem: RedisAddressError) {
    #expect(throws: problem) { try RedisAddress(parsing: url) }
  }

  @Test(
    "are told as they can be read again",
    arguments: ["unix:///a%3fdb=1%25?db=2", "unix:///%01%0a/é", "redis://[::1]:1/3", "rediss://h:1"])
  func told(url: String) throws {
    let address = try RedisAddress(parsing: url)
    #expect(try RedisAddress(parsing: address.description) == address)
    #expect(!address.description.unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test(
    "never show user or password",
    arguments: ["redis://me:geheim@h:1/2", "rediss://:geheim@h", "unix://me:geheim@/run/r.sock"])
  func secrets(url: String) throws {
    let address = try RedisAddress(parsing: url)
    for text in ["\(address)", String(reflecting: address)] {
      #expect(!text.contains("geheim"))
    }
    let shown = try RedisAddress(parsing: address.description)
    #expect(shown.endpoint == address.endpoint && shown.security == address.security)
  }
}

@Suite("Refusals")
struct RedisErrorTests {
  @Test(
    "are told apart",
    arguments: [
      ("WRONGTYPE Operation against a key", RedisError.Kind.wrongType),
      ("NOAUTH Authentication required.", .credentials),
      ("WRONGPASS invalid username-password pair", .credentials), ("NOPERM this user has no permissions", .permission),
      ("DENIED Redis is running in protected mode", .permission),
      ("READONLY You can't write against a read only replica.", .readOnly), ("MISCONF Redis is configured", .readOnly),
      ("LOADING Redis is loading the dataset in memory", .loading), ("CLUSTERDOWN The cluster is down", .unavailable),
      ("OOM command not allowed when used memory > 'maxmemory'.", .outOfMemory),
      ("ERR DB capacity quota exceeded. Threshold: 268435456 bytes", .outOfMemory),
      ("ERR max requests limit exceeded. Limit: 500000", .quotaExhausted),
      ("ERR max number of clients reached", .throttled),
      ("ERR max request size exceeded. Limit: 10485760 bytes", .tooLarge), ("ERR syntax error", .command("ERR")),
      ("NOSCRIPT No matching script.", .command("NOSCRIPT")),
      ("ERR Error running script (call to f_12): @user_script:1: -OOM command not allowed", .outOfMemory),
    ])
  func classified(message: String, kind: RedisError.Kind) {
    #expect(RedisError(reply: message, operation: "X", operand: "redis://h").kind == kind)
  }
}
