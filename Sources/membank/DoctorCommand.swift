import Control
import Support

/// `membank doctor`.
enum DoctorCommand {
  static func run(_ directory: String?, json: Bool) throws(ControlError) -> Int32 {
    let checkups = Doctor.examine(try Session(quiet: json).setup(directory))
    if json {
      Output.json(.array(checkups.map(\.json)))
    } else {
      for checkup in checkups {
        Output.line("\(checkup.state.rawValue)\t\(checkup.name)\t\(checkup.message)")
      }
    }
    return checkups.contains { $0.state == .bad } ? ControlError.ExitCode.problems.rawValue : 0
  }
}
