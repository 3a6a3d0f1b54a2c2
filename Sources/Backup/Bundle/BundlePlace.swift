import Support

/// Bundles that somebody names by path, whichever bank they are of.
public enum BundlePlace {
  /// The banks that have bundles in a directory: what their newest manifests say.
  public static func banks(in directory: String) throws(BackupError) -> [BackupManifest] {
    guard let names = try inSystem(directory, { () throws(SystemError) in try BackupFiles.list(directory) }) else {
      throw BackupError(.missing, directory, "no such directory")
    }
    var newest: [String: BackupManifest] = [:]
    for name in names where name.hasSuffix(".json") {
      guard let bytes = try? BackupFiles.read("\(directory)/\(name)"),
        let manifest = try? BackupManifest(parsing: bytes),
        case .bundle = manifest.content
      else { continue }
      if newest[manifest.bank].map({ $0.seconds < manifest.seconds }) ?? true { newest[manifest.bank] = manifest }
    }
    return newest.values.sorted { $0.bank < $1.bank }
  }

  /// The manifest beside a bundle, which is named by its own path or the manifest's.
  public static func manifest(ofFile path: String) throws(BackupError) -> BackupManifest {
    let stem =
      path.hasSuffix(".bundle") ? String(path.dropLast(7)) : path.hasSuffix(".json") ? String(path.dropLast(5)) : path
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try BackupFiles.read(stem + ".json")
    } catch {
      throw BackupError(
        .missing, path,
        "there is no manifest beside it (\(error)). What a bundle without one holds, `git clone \(stem).bundle` shows")
    }
    do throws(ManifestProblem) { return try BackupManifest(parsing: bytes) } catch {
      throw BackupError(.damaged, stem + ".json", "\(error)")
    }
  }
}
