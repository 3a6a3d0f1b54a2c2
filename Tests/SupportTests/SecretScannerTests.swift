import Support
import Testing

@Suite("The secrets guard")
struct SecretScannerTests {
  /// Joined at run time: whole, they would make this file a finding wherever it is looked at.
  static func joined(_ parts: String...) -> String { parts.joined() }

  static let random = "k3PzQ8vRt1XyW5mN7bLs2JdFh9GcAeUoI0T4MnBvCxZq6WsX"
  static let hex = "9f3c1be07a52d84e6610fa3bd97c2e58b14d0c6f"

  @Test(
    "finds",
    arguments: [
      ("aws-access-key", joined("AKIA", "Q3EGRZ7XW2NPLH5D")),
      ("github-token", joined("ghp_", random.prefix(36).description)),
      ("github-token", joined("github_pat_", random, "_", random)),
      ("gitlab-token", joined("glpat-", "x9Kd_Lw2-vTq8RzB4nYf")),
      ("slack-token", joined("xoxb-", "730191371696-1413868247813-Kq7pZt2WxYb9NcVr")),
      ("slack-webhook", joined("https://hooks.slack.com/services/T", "03KQ8X2P/B05RZ7W1D/q8VtN2xLpZ4sKdJ7wYb3RmCf")),
      ("google-api-key", joined("AIza", "SyB9xKq2LwTz7RvNpQd4YfGhJ8sWmC1eUo3")),
      ("stripe-key", joined("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc")),
      ("anthropic-key", joined("sk-ant-", "api03-", random, "-", random, "AA")),
      ("openai-key", joined("sk-proj-", random)), ("secret-key", joined("sk-", random)),
      ("npm-token", joined("npm_", random.prefix(36).description)),
      ("pypi-token", joined("pypi-AgE", "IcHlwaS5vcmc", random)),
      (
        "web-token",
        joined(
          "eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiI0MiIsIm5hbWUiOiJBIn0", ".q8VtN2xLpZ4sKdJ7wYb3RmCfH6gTz1Xe5UaQo9Bi0k")
      ),
      ("url-password", joined("redis://default:", "vT8qLw2Zk", "@eu1-host-1.upstash.io:6379")),
      ("url-password", joined("postgres://app:", "p%40s5w0rdLong", "@10.0.0.5/db")),
      ("url-password", joined("https://u:", random, "@example.com")),
      ("assigned-secret", joined("DB_PASSWORD=", random)), ("assigned-secret", joined("api_key: \"", random, "\"")),
      ("assigned-secret", joined("**API key:** `", random, "`")),
      ("assigned-secret", joined("| Access token | ", random, " |")),
      ("assigned-secret", joined("\"clientSecret\": \"", hex, "\",")),
      ("assigned-secret", joined("Authorization: Bearer ", random)),
      ("assigned-secret", joined("aws_secret_access_key = ", "tY7/Kq2LwTz7RvNpQd4YfGhJ8sWmC1+UoB9xZ3aE")),
      ("assigned-secret", joined("const token := '", random, "'")), ("assigned-secret", joined("secret => ", hex)),
      // 1, a port, a byte, 0x24, 0x20, a UUID, a password.
      (
        "upstash-token",
        joined(
          "AXkAASQgMDE5MGExYjItYzNkNC00ZTVmLThhNmItN2M4ZDllMGYxYTJi", "OWYzYzFiZTA3YTUyZDg0ZTY2MTBmYTNiZDk3YzJlNTg=")
      ),
      (
        "upstash-token",
        joined("UPSTASH_REDIS_REST_TOKEN=\"", "AXkAAAIncDExYjJjM2Q0ZTVmNmE3Yjhj", "OWQwZTFmMmEzYjRjNWQ2ZTdmOHAx", "\"")
      ),
    ])
  func finds(rule: String, text: String) throws {
    let document = "# Notes\r\n\nSome text, then \(text) and more.\n"
    let findings = SecretScanner().findings(in: Array(document.utf8))
    #expect(findings.map(\.rule) == [rule])
    #expect(findings.first?.line == 3)
    #expect(findings.allSatisfy { SecretFinding.isFingerprint($0.fingerprint) })
    #expect(SecretScanner().findings(in: Array(text.utf8)).map(\.fingerprint) == findings.map(\.fingerprint))
  }

  @Test("finds private keys, wrapped or in one line of JSON, and numbers the lines after them")
  func privateKeys() {
    let body = Self.joined(
      "MIIEpAIBAAKCAQEA7bq98F2k1VtN2xLpZ4sKdJ7wYb3RmCfH6gTz1Xe5UaQo9Bi0", "k3PzQ8vRt1XyW5mN7bLs2JdFh9Gc")
    let begin = Self.joined("-----BEGIN RSA ", "PRIVATE KEY-----")
    let end = Self.joined("-----END RSA ", "PRIVATE KEY-----")
    let wrapped = "x\n\(begin)\n\(body.prefix(64))\n\(body.dropFirst(64))\n\(end)\nDB_PASSWORD=\(Self.random)\n"
    let findings = SecretScanner().findings(in: Array(wrapped.utf8))
    #expect(findings.map(\.rule) == ["private-key", "assigned-secret"])
    #expect(findings.map(\.line) == [2, 6])
    let line = "{\"key\": \"\(begin)\\n\(body.prefix(64))\\n\(body.dropFirst(64))\\n\(end)\\n\"}"
    #expect(SecretScanner().findings(in: Array(line.utf8)).map(\.fingerprint) == [findings.first?.fingerprint])
  }

  @Test(
    "lets pass",
    arguments: [
      "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      "commit \(hex)", "token introduced in \(hex)", "| commit | \(hex) |", "sha256: \(hex)\(hex.prefix(24))",
      "secret_hash = \(hex)", "token: sha256:\(hex)\(hex.prefix(24))", "integrity: sha512-\(random)\(random)==",
      "api_key: 0190a1b2-c3d4-4e5f-8a6b-7c8d9e0f1a2b", "API_KEY=your-api-key-goes-here-and-is-long-enough-1",
      "password = xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "token: <token>", "password: ${REDIS_PASSWORD}",
      "secret: $SECRET_THAT_IS_FROM_THE_ENVIRONMENT_1", "token: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      "ghp_1234567890abcdefghijklmnopqrstuvwxyz", "redis://:password@localhost:6379", "redis://user:pass@host",
      "redis://default:${PASSWORD}@host:6379", "redis://:<password>@host", "postgres://postgres:postgres@localhost/db",
      "https://user:{{password}}@host", "https://host:8080/path@2", "mailto:me@example.com", "git@github.com:a/b.git",
      "redis://user:s3cret@redis.example.com", "redis://default:****@x",
      "![](data:image/png;base64,\(random)\(random))",
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
      "sk-this-is-a-css-class-name-with-many-words-in-it", "task-\(random)", "the token bucket holds 100 tokens",
      "max_tokens: 4096", "password-file = /run/credentials/membank@-home-me-Projects2.service/redis-password",
      "token = process.env.UPSTASH_REDIS_REST_TOKEN_FOR_STAGING2", "secret = createSecretFromRequest1AndHeadersXyZ9(x)",
      "password == \(random)", "public_key: \(random)", "api_key: 0123456789abcdef0123456789abcdef",
      "token: deadbeefdeadbeefdeadbeefdeadbeef", "passwordPath: packages/Server2/Auth/Tokens/Provider9/Factory.swift",
      "secret: projects/my-project-1234/secrets/my-secret-name/versions/latest",
      "-----BEGIN PRIVATE KEY-----\n...\n-----END",
      "-----BEGIN PUBLIC KEY-----\nMIIEpAIBAAKCAQEA7bq98F2k1VtN2xLpZ4sKdJ7wYb3RmCfH6gTz1Xe5UaQo9Bi0", "token::next",
      "AKIA1234", "redis://[user[:password]@]host[:port][/db]", "\"nextToken\": \"\(random)\"",
      "xoxb-your-token-goes-here-000000", "password: 12345678901234567890123456789012",
    ])
  func passes(text: String) {
    #expect(SecretScanner().findings(in: Array(text.utf8)) == [])
  }

  @Test("gives one secret one fingerprint, wherever it stands, and each rule its own")
  func fingerprints() {
    let scanner = SecretScanner()
    let one = scanner.findings(in: Array("token: \(Self.random)".utf8))
    let other = scanner.findings(in: Array("\n\nmy_secret=\"\(Self.random)\"\n".utf8))
    #expect(one.map(\.fingerprint) == other.map(\.fingerprint))
    #expect(one.map(\.fingerprint) == [String(sha256(Array(("assigned-secret" + Self.random).utf8)).prefix(16))])
  }

  /// Each would take hours if any matcher looked from every place to the end of its line.
  @Test(
    "takes linear time on a line of a megabyte",
    arguments: [
      "token=", "eyJhbGciOiJI.", "a://", "://a:b", "x:y@", "-----BEGIN ", "sk-", "-----BEGIN RSA PRIVATE KEY-----", "|",
      "= ",
      "A", "token: \(random)", "ghp_", "redis://a:b@c ", "    =", "eyJ", "\u{0}", "password:::", "key ",
    ])
  func linear(piece: String) {
    let bytes = Array(piece.utf8)
    var line: [UInt8] = []
    while line.count < 1 << 20 { line += bytes }
    #expect(SecretScanner().findings(in: line).count <= SecretScanner.limit)
  }

  @Test("numbers lines after a long line")
  func lineNumbers() {
    let text = String(repeating: "a", count: 100_000) + "\n\n\ntoken=\(Self.random)"
    #expect(SecretScanner().findings(in: Array(text.utf8)).map(\.line) == [4])
  }
}
