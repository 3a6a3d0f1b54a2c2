import FoundationEssentials
import Support
import TestSupport

/// The system calls of a program that change something on a disk, in the order in which they ended.
struct SystemCalls {
  struct Call: CustomStringConvertible {
    let name: String
    /// As strace prints it, descriptors with what they stand for.
    let description: String
  }

  /// Those that succeeded.
  let calls: [Call]

  /// Runs a program to its end and notes what it calls.
  static func of(
    _ words: [String], environment: [String: String], in directory: String
  ) async throws -> (calls: SystemCalls, outcome: Outcome) {
    let place = try TemporaryDirectory()
    let names =
      "openat,openat2,write,pwrite64,fsync,fdatasync,syncfs,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat"
    let outcome = try await run(
      ["strace", "-f", "-y", "-s", "64", "-o", place.path + "/trace", "-e", "trace=\(names)"] + words,
      environment: environment, in: directory)
    let text = FileManager.default.contents(atPath: place.path + "/trace") ?? Data()
    return (SystemCalls(String(decoding: text, as: UTF8.self)), outcome)
  }

  private init(_ trace: String) {
    var calls: [Call] = []
    // Of a call during which another thread was heard of, strace prints the beginning and the end apart.
    var begun: [Substring: Substring] = [:]
    for line in trace.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      guard parts.count == 2 else { continue }
      var text = String(parts[1]).trimmingPrefix { $0 == " " }
      if let cut = text.firstRange(of: " <unfinished ...>") {
        begun[parts[0]] = text[..<cut.lowerBound]
        continue
      }
      if text.hasPrefix("<... "), let end = text.firstRange(of: " resumed>") {
        text = (begun.removeValue(forKey: parts[0]) ?? "") + text[end.upperBound...]
      }
      guard let bracket = text.firstIndex(of: "("), !text.contains(" = -1 ") else { continue }
      calls.append(Call(name: String(text[..<bracket]), description: String(text)))
    }
    self.calls = calls
  }

  /// The place of the first such call from a place on.
  func first(_ names: String..., holding words: [String], from start: Int = 0) -> Int? {
    calls.indices.first { index in
      index >= start && names.contains(calls[index].name) && words.allSatisfy { calls[index].description.contains($0) }
    }
  }

  /// The place of the last such call before a place.
  func last(_ names: String..., holding words: [String], before end: Int) -> Int? {
    calls.indices.last { index in
      index < end && names.contains(calls[index].name) && words.allSatisfy { calls[index].description.contains($0) }
    }
  }
}
