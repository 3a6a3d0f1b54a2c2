import CLinux
import Control
import Glibc
import Support

@main
struct Program {
  static func main() {
    // A reader that goes away ends a write with EPIPE, not the program.
    membank_ignore_sigpipe()
    // Credentials are in this process's memory; a core dump would put them on disk.
    _ = membank_no_core_dumps()
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  private static func run(_ words: [String]) -> Int32 {
    do {
      return try CommandTable.table.run(
        words, context: (), output: { Output.text($0) }, complaint: { Output.complaint($0) })
    } catch let error as ControlError {
      Output.error(error.message)
      return error.code.rawValue
    } catch {
      Output.error("\(error)")
      return ControlError.ExitCode.problems.rawValue
    }
  }
}
