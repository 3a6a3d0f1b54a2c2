import Glibc
import Support

/// libFuzzer, which comes with the toolchain, over the targets; `.ci/fuzz` runs it.
///
///     Fuzz list                      the names of the targets
///     Fuzz seeds TARGET DIRECTORY    writes the inputs to begin with
///     Fuzz longest TARGET            prints how long inputs may be
///     Fuzz words TARGET              prints what inputs are made of, as a dictionary of libFuzzer's
///     Fuzz TARGET OPTION...          fuzzes, or runs the files named
@main
struct Driver {
  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    if words == ["list"] {
      for target in FuzzTarget.all { print(target.name) }
    } else if words.count == 2, words[0] == "longest", let target = FuzzTarget.named(words[1]) {
      print(target.longest)
    } else if words.count == 2, words[0] == "words", let target = FuzzTarget.named(words[1]) {
      for word in target.words where !word.isEmpty { print(dictionaryLine(word)) }
    } else if words.count == 3, words[0] == "seeds", let target = FuzzTarget.named(words[1]) {
      for seed in target.seeds { write(seed, to: "\(words[2])/\(sha256(seed).prefix(40))") }
    } else if let target {
      fuzz(target, words)
    } else {
      complain("usage: Fuzz list | seeds TARGET DIRECTORY | words TARGET | TARGET OPTION...")
      exit(2)
    }
  }

  /// Hands over to libFuzzer.
  ///
  /// Some of its modes start the program again, with options alone: then the environment names the target.
  private static func fuzz(_ target: FuzzTarget, _ words: [String]) {
    setenv(targetVariable, target.name, 1)
    let options = words.first == target.name ? words.dropFirst() : words[...]
    var strings: [UnsafeMutablePointer<CChar>?] = ([CommandLine.arguments[0]] + options).map { strdup($0) }
    var count = Int32(strings.count)
    strings.append(nil)
    let code = strings.withUnsafeMutableBufferPointer { buffer -> Int32 in
      guard var values = buffer.baseAddress else { return 1 }
      return runLibFuzzer(&count, &values, tryInput)
    }
    exit(code)
  }

  private static func dictionaryLine(_ word: String) -> String {
    "\"" + word.utf8.map { "\\x" + hexadecimal([$0]) }.joined() + "\""
  }

  private static func write(_ bytes: [UInt8], to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard descriptor >= 0, written == bytes.count else {
      complain("\(path): \(String(cString: strerror(errno)))")
      exit(1)
    }
    close(descriptor)
  }

  static func complain(_ text: String) {
    let bytes = Array("\(text)\n".utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// libFuzzer's entry for programs with a `main` of their own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runLibFuzzer(
  _ count: UnsafeMutablePointer<Int32>,
  _ values: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// The entry of programs without a `main`, which the linker asks for and nobody calls.
@_cdecl("LLVMFuzzerTestOneInput")
func unused(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 { tryInput(bytes, count) }

private let targetVariable = "MEMBANK_FUZZ_TARGET"

private let target: FuzzTarget? = {
  let named = getenv(targetVariable).map { String(cString: $0) }
  return (named ?? CommandLine.arguments.dropFirst().first).flatMap { FuzzTarget.named($0) }
}()

private func tryInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do {
    try target?.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
  } catch {
    Driver.complain("broken: \(error)")
    abort()
  }
  return 0
}
