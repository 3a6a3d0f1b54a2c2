@testable import Support

extension FuzzTarget {
  /// Documents, searched for secrets.
  static let secrets = FuzzTarget(
    "secrets", longest: 16_384,
    words: [
      "-----BEGIN RSA PRIVATE KEY-----\n", "-----END", "ghp_", "AKIA", "sk-ant-", "eyJ", ".eyJ", "password=",
      "api_key: ",
      "redis://u:", "@", "://", "xoxb-", "Bearer ", "\n", "ABCDEFGHIJKLMNOP", "0123456789abcdef", "|", "AX", "SG.",
      "token = \"", "8Jq3vK9xLm2Np5Rt7Wz1Yb4Cd6Ef0Gh",
    ],
    seeds: [
      "token: ghp_8Jq3vK9xLm2Np5Rt7Wz1Yb4Cd6Ef0GhAbCd1\n", "url = redis://user:8Jq3vK9xLm2Np@db.internal:6379\n",
      "api_key = \"8Jq3vK9xLm2Np5Rt7Wz1Yb4Cd6Ef0Gh9Xy\"\n", "AKIAQ3EGUXR7Z2MVPK4T", "| token | 8Jq3vK9x |\n",
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END",
    ]
  ) { input in
    let bytes = input.rest()
    let lines = bytes.count { $0 == 10 } + 1
    let found = SecretScanner().findings(in: bytes)
    var line = 1
    for finding in found {
      try hold((line...lines).contains(finding.line), "\(finding) is in no line, or out of order")
      try hold(SecretFinding.isFingerprint(finding.fingerprint), "\(finding) has no fingerprint")
      line = finding.line
    }
    try hold(found.count <= SecretScanner.limit, "\(found.count) findings")
    var end = 0
    for range in SecretScanner.ranges(in: bytes) {
      try hold(range.lowerBound >= end && range.upperBound <= bytes.count && !range.isEmpty, "ranges overlap: \(range)")
      end = range.upperBound
    }
  }
}
