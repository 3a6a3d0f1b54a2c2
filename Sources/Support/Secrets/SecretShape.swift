/// Keys that can be told by how they begin.
struct SecretShape {
  /// Its name in findings.
  let rule: String
  /// What it begins with.
  let prefix: [UInt8]
  /// The bytes that follow the prefix.
  let alphabet: ByteSet
  /// How many of them.
  let count: ClosedRange<Int>
  /// Whether the rest must mix small letters, capitals and digits: the prefix alone is too common.
  let isMixed: Bool

  private init(
    _ rule: String, _ prefix: String, _ alphabet: ByteSet, _ count: ClosedRange<Int>, isMixed: Bool = false
  ) {
    self.rule = rule
    self.prefix = Array(prefix.utf8)
    self.alphabet = alphabet
    self.count = count
    self.isMixed = isMixed
  }

  private static func shapes(
    _ rule: String, _ prefixes: [String], _ alphabet: ByteSet, _ count: ClosedRange<Int>
  ) -> [SecretShape] {
    prefixes.map { SecretShape(rule, $0, alphabet, count) }
  }

  /// All of them; of two that fit at one place the first counts.
  private static let all: [SecretShape] =
    shapes("aws-access-key", ["AKIA", "ASIA", "ABIA", "ACCA"], .capitals, 16...16)
    + shapes("github-token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], .alphanumeric, 36...255)
    + shapes("github-token", ["github_pat_"], .word, 60...255)
    + shapes(
      "gitlab-token",
      [
        "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-", "gloas-", "GR1348941",
      ],
      .dotted, 20...300)
    + shapes(
      "slack-token", ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xoxp-", "xapp-"], .dashed, 24...255)
    + shapes("slack-webhook", ["hooks.slack.com/services/T", "hooks.slack.com/workflows/T"], .slashed, 36...100)
    + shapes("discord-webhook", ["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], .anyBase64, 70...120)
    + shapes("google-api-key", ["AIza"], .urlSafe, 35...35)
    + shapes("google-oauth", ["GOCSPX-"], .urlSafe, 28...28)
    + shapes("google-oauth", ["ya29."], .dotted, 40...1_000)
    + shapes("stripe-key", ["sk_live_", "rk_live_", "sk_test_", "rk_test_"], .alphanumeric, 20...255)
    + shapes("stripe-webhook", ["whsec_"], .base64, 32...100)
    + shapes("anthropic-key", ["sk-ant-"], .urlSafe, 32...255)
    + shapes("openai-key", ["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"], .urlSafe, 32...400)
    + shapes("openrouter-key", ["sk-or-v1-"], .hex, 64...64)
    + shapes("secret-key", ["sk-"], .hex, 32...64)
    + [SecretShape("secret-key", "sk-", .urlSafe, 32...400, isMixed: true)]
    + shapes("npm-token", ["npm_"], .alphanumeric, 36...36)
    + shapes("pypi-token", ["pypi-AgE"], .urlSafe, 50...1_000)
    + shapes("huggingface-token", ["hf_", "api_org_"], .alphanumeric, 30...50)
    + shapes("digitalocean-token", ["dop_v1_", "doo_v1_", "dor_v1_"], .hex, 64...64)
    + shapes("sendgrid-key", ["SG."], .dotted, 64...70)
    + shapes("shopify-token", ["shpat_", "shpss_", "shpca_", "shppa_"], .hex, 32...32)
    + shapes("linear-key", ["lin_api_", "lin_oauth_"], .alphanumeric, 32...80)
    + shapes("notion-token", ["ntn_", "secret_"], .alphanumeric, 43...60)
    + shapes("docker-token", ["dckr_pat_", "dckr_oat_"], .urlSafe, 20...60)
    + shapes("vault-token", ["hvs.", "hvb.", "hvr."], .urlSafe, 24...300)
    + shapes("tailscale-key", ["tskey-"], .dashed, 24...120)
    + shapes("groq-key", ["gsk_"], .alphanumeric, 40...80)
    + shapes("xai-key", ["xai-"], .alphanumeric, 60...120)
    + shapes("perplexity-key", ["pplx-"], .alphanumeric, 40...80)
    + shapes("supabase-token", ["sbp_"], .hex, 40...40)
    + shapes("supabase-key", ["sb_secret_"], .urlSafe, 20...100)
    + shapes("grafana-token", ["glsa_", "glc_"], .base64, 32...300)
    + shapes("sentry-token", ["sntrys_", "sntryu_"], .anyBase64, 40...400)
    + shapes("age-key", ["AGE-SECRET-KEY-1"], .capitals, 58...58)
    + shapes("replicate-token", ["r8_"], .alphanumeric, 37...40)
    + shapes("databricks-token", ["dapi"], .hex, 32...32)
    + shapes("atlassian-token", ["ATATT3", "ATCTT3"], .anyBase64, 100...400)
    + shapes("figma-token", ["figd_"], .urlSafe, 38...60)
    + shapes("rubygems-key", ["rubygems_"], .hex, 48...48)
    + shapes("vercel-token", ["vercel_blob_rw_", "vcp_"], .word, 24...100)
    + shapes("doppler-token", ["dp.pt.", "dp.st.", "dp.sa."], .dotted, 40...60)

  /// The shapes by their first byte.
  static let byFirstByte: [[SecretShape]] = {
    var table = [[SecretShape]](repeating: [], count: 256)
    for shape in all { table[Int(shape.prefix[0])].append(shape) }
    return table
  }()

  /// Whether any shape begins with two bytes, by their 16 bits.
  static let beginnings: [Bool] = {
    var table = [Bool](repeating: false, count: 1 << 16)
    for shape in all { table[Int(shape.prefix[0]) << 8 | Int(shape.prefix[1])] = true }
    return table
  }()
}

extension SecretText {
  /// The key that begins at `start` and can be told by how it begins.
  func shape(at start: Int) -> (rule: String, range: Range<Int>)? {
    // Most words begin with a letter that some shape begins with; few with two.
    guard start + 1 < count, SecretShape.beginnings[Int(bytes[start]) << 8 | Int(bytes[start + 1])] else { return nil }
    for shape in SecretShape.byFirstByte[Int(bytes[start])] {
      guard starts(with: shape.prefix, at: start) else { continue }
      let first = start + shape.prefix.count
      let end = run(of: shape.alphabet, from: first, limit: shape.count.upperBound + 1)
      guard shape.count.contains(end - first), end == count || !ByteSet.word.contains(bytes[end]) else { continue }
      let rest = UnsafeBufferPointer(rebasing: bytes[first..<end])
      guard SecretPlausibility.entropy(rest) >= 2.75, !SecretPlausibility.isPlaceholder(rest) else { continue }
      if shape.isMixed, !SecretPlausibility.isMixed(rest) { continue }
      return (shape.rule, start..<end)
    }
    return nil
  }
}
