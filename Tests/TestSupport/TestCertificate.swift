/// A certificate for this machine's loopback, by an authority of its own, made by openssl.
public final class TestCertificate: Sendable {
  /// The authority's certificate: what a client is to trust.
  public var authority: String { home.path + "/ca.pem" }
  /// The server's certificate.
  public var certificate: String { home.path + "/server.pem" }
  /// The server's key.
  public var key: String { home.path + "/server.key" }
  private let home: TemporaryDirectory

  /// Makes one for these names.
  ///
  /// - Parameters:
  ///   - names: What the certificate is for, as `subjectAltName` has it.
  ///   - days: How long it holds; -1: it has ended yesterday.
  /// - Throws: what openssl says.
  public init(names: String = "DNS:localhost,IP:127.0.0.1", days: Int = 2) throws {
    home = try TemporaryDirectory()
    let (ca, server) = (home.path + "/ca", home.path + "/server")
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try Self.openssl(
      ["req", "-x509"] + curve + [
        "-keyout", ca + ".key", "-out", ca + ".pem", "-days", "2", "-subj", "/CN=test authority",
      ])
    try Self.openssl(
      ["req", "-new"] + curve + ["-keyout", server + ".key", "-out", server + ".csr", "-subj", "/CN=test server"])
    try writeFile("subjectAltName=\(names)\n", to: server + ".ext")
    try Self.openssl([
      "x509", "-req", "-in", server + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial",
      "-out", server + ".pem", "-days", "\(days)", "-extfile", server + ".ext",
    ])
  }

  private static func openssl(_ arguments: [String]) throws {
    let result = try Tool.run("openssl", arguments)
    guard result.status == 0 else { throw StandInError(message: result.output) }
  }
}
