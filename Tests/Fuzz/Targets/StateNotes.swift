import Control
import Support

extension FuzzTarget {
  /// The notes in a bank's state directory, on a disk that may have changed them.
  static let stateNotes = FuzzTarget(
    "state-notes", longest: 1024,
    words: ["path", "bank", "remotes", "/bank", "0b9d2f0e-7d0c-4a4e-9d0e-3a8f5f0f7a11", "\t", "\n", hex("a")],
    seeds: ["\u{4}/bank\u{2}ab", "\u{5}/gone\n\u{24}0b9d2f0e-7d0c-4a4e-9d0e-3a8f5f0f7a11"]
  ) { input in
    let home = try Scratch()
    let bank = "0b9d2f0e-7d0c-4a4e-9d0e-3a8f5f0f7a11"
    try home.write(input.piece(), to: "other-1/path")
    try home.write(input.piece(), to: "other-1/bank")
    if input.flag() { try home.write(input.piece(), to: "stray/bank") }
    let state = try StateDirectory.open(bank: bank, bankPath: "\(home.path)/x", project: "p", in: home.path)
    try hold(state.bank == bank, "the state of \(state.bank ?? "no bank")")
    try hold(state.read("path") == "\(home.path)/x", "the state of a bank at \(state.read("path") ?? "no path")")
    _ = StateDirectory.recorded(at: input.text(), in: home.path)
    // A note is what was written, whatever that was.
    let note = input.rest()
    try state.write("note", note)
    try hold(state.readBytes("note") == note, "another note")
  }
}
