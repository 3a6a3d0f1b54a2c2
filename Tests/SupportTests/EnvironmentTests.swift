import Support
import Testing

@Suite("The environment")
struct EnvironmentTests {
  @Test("is empty where nothing or an empty text is set")
  func empty() throws {
    let environment = try Environment(["REDIS_URL": "", "LOG_LEVEL": "", "HOME": "/home/me", "DEBUG": "0"])
    #expect(environment.redisURL == nil)
    #expect(environment.logLevel == nil)
    #expect(!environment.debug)
    #expect(environment.stateHome == "/home/me/.local/state")
    #expect(environment.configHome == "/home/me/.config")
    #expect(environment.runtimeDirectory == nil)
    #expect(environment.secrets.isEmpty)
  }

  @Test("is read")
  func read() throws {
    let environment = try Environment([
      "REDIS_URL": "redis://:s3cr3t%40x@host/1", "REDIS_PASSWORD": "pa ss",
      "UPSTASH_REDIS_REST_URL": "https://x.upstash.io",
      "UPSTASH_REDIS_REST_TOKEN": "tok", "UPSTASH_CONTEXT_PREFIX": "ctx", "UPSTASH_CONTEXT_TTL": "24h",
      "LOG_LEVEL": "WARN",
      "MEMBANK_AGENT": "Claude <claude@example.com>", "XDG_STATE_HOME": "/state", "NO_COLOR": "1",
    ])
    #expect(environment.prefix == "ctx")
    #expect(environment.documentTTL == 86_400)
    #expect(environment.logLevel == .warning)
    #expect(environment.agent?.name == "Claude")
    #expect(environment.agent?.email == "claude@example.com")
    #expect(environment.stateHome == "/state")
    #expect(environment.noColor)
    #expect(environment.secrets == ["pa ss", "tok", "s3cr3t%40x", "s3cr3t@x"])
  }

  @Test(
    "tells which passwords are not to be shown, as far as they go",
    arguments: [
      ("redis://u:p/q?r#s@h/1", ["p/q?r#s"]), ("redis://u:a%2Fb@h", ["a%2Fb", "a/b"]), ("redis://h:6379/1", []),
      ("unix://:geheim@/run/r.sock", ["geheim"]), ("unix:///a:b@c", []), ("redis://:p@h@i", ["p@h"]),
    ])
  func passwords(url: String, secrets: [String]) throws {
    #expect(try Environment(["REDIS_URL": url]).secrets == secrets)
  }

  @Test(
    "asks for debug output", arguments: [("1", true), ("*", true), ("true", true), ("off", false), ("FALSE", false)])
  func debug(value: String, isOn: Bool) throws {
    let environment = try Environment(["DEBUG": value, "LOG_LEVEL": "error"])
    #expect(environment.debug == isOn)
    #expect(environment.logLevel == (isOn ? .debug : .error))
  }

  @Test(
    "is refused by the variable's name, and no secret is shown",
    arguments: [
      ("REDIS_URL", "host:6379"), ("REDIS_URL", "redis: //hunter22"), ("REDIS_URL", "://hunter22"),
      ("UPSTASH_REDIS_REST_TOKEN", "hunter22 x"), ("UPSTASH_REDIS_REST_URL", "x.upstash.io"),
      ("UPSTASH_CONTEXT_PREFIX", "a{b}"), ("UPSTASH_CONTEXT_PREFIX", "a b"), ("UPSTASH_CONTEXT_TTL", "0"),
      ("UPSTASH_CONTEXT_TTL", "soon"), ("UPSTASH_CONTEXT_TTL", "-5"), ("LOG_LEVEL", "loud"), ("BACKUP_INTERVAL", "1s"),
      ("MEMBANK_AGENT", "a\nb"), ("MEMBANK_AGENT", "<>"), ("MEMBANK_AGENT", "a > b"), ("XDG_STATE_HOME", "state"),
      ("XDG_CONFIG_HOME", "./x"), ("XDG_RUNTIME_DIR", "~"),
    ])
  func refused(name: String, value: String) {
    let error = #expect(throws: EnvironmentError.self) { try Environment([name: value]) }
    #expect(error?.name == name)
    #expect(error?.description.contains("hunter22") == false)
  }

  @Test("of this process can be read")
  func current() throws {
    #expect(try Environment.current().home?.hasPrefix("/") == true)
  }
}
