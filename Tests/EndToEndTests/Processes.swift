import FoundationEssentials
import Glibc

/// The processes whose working directory or arguments mention `text`, this one and its threads aside.
func processes(mentioning text: String) throws -> [Int32] {
  try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { process in
    guard process != getpid() else { return false }
    let directory = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) ?? ""
    return directory.hasPrefix(text) || arguments(of: process).contains(text)
  }.filter { !isZombie($0) }
}

/// What `ps` shows of a process.
func arguments(of process: Int32) -> String {
  let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
  return String(decoding: bytes.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
}

private func isZombie(_ process: Int32) -> Bool {
  let status = String(decoding: FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data(), as: UTF8.self)
  return status.isEmpty || status.contains(") Z ")
}
