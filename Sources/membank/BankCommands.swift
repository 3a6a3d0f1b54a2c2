import Control
import Support

/// `membank init` and `membank join`.
enum BankCommands {
  static func create(_ directory: String?, project: String?, imports: Bool) throws(ControlError) -> Int32 {
    let session = try Session()
    let setup = BankSetup(try BankLocation.canonical(directory ?? "."), environment: session.environment)
    // An import that was cut short is taken up again; PastImport refuses where there are versions already.
    if imports, BankLocation.isBank(setup.directory), case let configuration = try setup.load(),
      setup.isBorn(configuration), project == nil || project == configuration.project
    {
      Output.line("\(setup.directory) is a bank already, project \(configuration.project ?? "")")
    } else {
      let configuration = try setup.create(project: project)
      Output.line("made \(setup.directory) a bank, project \(configuration.project ?? "")")
    }
    if imports {
      let count = try PastImport.run(setup, log: session.log)
      Output.line(count == 0 ? "its repository has no past of it" : "took \(count) versions from its git repository")
    }
    Output.line("next: `membank sync --once`, or `membank sync` to keep it in sync")
    return ControlError.ExitCode.success.rawValue
  }

  static func join(
    _ directory: String?, project: String, remotes: [String], json: Bool
  ) throws(ControlError) -> Int32 {
    let session = try Session(quiet: json)
    let setup = BankSetup(try BankLocation.canonical(directory ?? "."), environment: session.environment)
    let outcome = try Joining.run(setup, project: project, remotes: remotes, log: session.log)
    if json { Output.json(outcome.report) } else { SyncText.show(outcome.report) }
    return outcome.code.rawValue
  }
}
