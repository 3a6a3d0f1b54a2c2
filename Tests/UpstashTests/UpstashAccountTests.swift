import HTTPClient
import Testing
import Upstash

private let badCredentials: [(String?, String?, String)] = [
  (nil, "k", "UPSTASH_EMAIL is not set"), ("me@example.com", nil, "UPSTASH_API_KEY is not set"),
  ("me", "k", "UPSTASH_EMAIL is not a mail address"), ("a:b@example.com", "k", "UPSTASH_EMAIL is not"),
  ("me@example.com", "\"k3y\"", "quotes"), ("me@example.com", "UPSTASH_API_KEY=k3y", "variable's name"),
  ("me@example.com", "https://k3y.upstash.io", "is a URL"), ("me@example.com", "k3y two", "blanks"),
]

@Suite("An account at Upstash")
struct UpstashAccountTests {
  private func problem(email: String? = "me@example.com", key: String? = "k-e-y", url: String? = nil) -> String? {
    do throws(UpstashAccountError) {
      _ = try UpstashAccount(email: email, key: key, url: url)
      return nil
    } catch { return "\(error)" }
  }

  @Test(
    "is asked at the address that was meant",
    arguments: [
      (nil, "https://api.upstash.com/v2"), ("https://api.upstash.com", "https://api.upstash.com/v2"),
      ("https://api.upstash.com/v2/", "https://api.upstash.com/v2"), ("http://127.0.0.1:1", "http://127.0.0.1:1/v2"),
      ("https://proxy.example/upstash/v2", "https://proxy.example/upstash/v2"),
    ])
  func addresses(url: String?, address: String) throws {
    #expect(try UpstashAccount(email: "me@example.com", key: "k", url: url).description == address)
  }

  @Test(
    "is not asked at an address that is something else's",
    arguments: [
      ("https://eu1-lark-1.upstash.io", "UPSTASH_REDIS_REST_URL"), ("https://console.upstash.com/redis/1", "website"),
      ("https://upstash.com", "website"), ("http://api.upstash.com/v2", "this machine only"),
      ("rediss://default:s3cr3t-w0rd@eu1.upstash.io:6379", "address of a database"), ("api.upstash.com", "no scheme"),
      ("https://me:s3cr3t-w0rd@api.upstash.com", "user or password in it"),
      ("https://api.upstash.com/v2?x=1", "? or #"),
    ])
  func refusedAddresses(url: String, words: String) {
    let problem = problem(url: url) ?? "accepted"
    #expect(problem.contains(words) && problem.hasPrefix("UPSTASH_API_URL"), "\(problem)")
    #expect(!problem.contains("s3cr3t-w0rd"))
  }

  @Test(
    "needs a mail address and a key that can be ones",
    arguments: badCredentials)
  func credentials(email: String?, key: String?, words: String) {
    let problem = problem(email: email, key: key) ?? "accepted"
    #expect(problem.contains(words), "\(problem)")
    #expect(!problem.contains("k3y"))
  }

  @Test("shows its key to nobody")
  func secrecy() throws {
    let account = try UpstashAccount(email: "me@example.com", key: "s3cr3t-w0rd")
    var text = "\(account) \(String(reflecting: account))"
    dump(account, to: &text)
    #expect(!text.contains("s3cr3t-w0rd"))
  }
}
